import type { CredentialKind, Keyring } from "../../lib/connections/keyring.ts";
import {
  accountCredential,
  basicCredential,
  bodyCredential,
  type Headers,
  headerCredential,
  type KeyMember,
  keysMentioned,
  type Presented,
  tokenCredential,
} from "./credentials.ts";
import type { ParsedBody } from "./read-body.ts";
import type { Refusal } from "./refusal.ts";
import type { UnprovenBody } from "./unproven-body.ts";

/** Where a request may have a key. */
export type KeyEvidence = {
  /** Names in lower case. */
  readonly headers: Headers;
  readonly body: UnprovenBody;
  /** The whole body, for a sender that knows a key. */
  readonly readBody: () => Promise<ParsedBody | Refusal>;
};

/** Where a key may be, and which kinds can be checked: other kinds are skipped. */
export type KeyRules = {
  readonly canCheck: (kind: CredentialKind) => boolean;
  /** The header that the connection names. */
  readonly header: string | undefined;
  /** Whether mParticle's settings for a partner count. */
  readonly isInAccount: boolean;
};

/** The owner of the key that decides. `none`: the request has no key, or an unknown one. */
export type KeyOwner =
  | { readonly kind: "found"; readonly name: string; readonly by: CredentialKind }
  | { readonly kind: "none" };

/** Whether a request has anything that could be a key: if not, no secret is read. */
export async function mayHaveKey(evidence: KeyEvidence, rules: KeyRules): Promise<boolean> {
  const { headers } = evidence;
  if (basicCredential(headers) ?? tokenIn(headers, rules)) return true;
  return (await mentioned(evidence, rules)).length > 0;
}

/**
 * The owner of the key that decides: of a request's keys that can be checked the first, in the order of docs/errors.md; nothing
 * behind it is looked at. A body is parsed only if the headers or something in it are somebody's key, for parsing costs a
 * stranger nothing and us a second of CPU for the largest; then it says which of them it is.
 */
export async function ownerOfKey(
  evidence: KeyEvidence,
  keyring: Keyring,
  rules: KeyRules,
): Promise<KeyOwner | Refusal> {
  const { headers } = evidence;
  const ownerOf = ({ kind, key }: Presented): KeyOwner => {
    const name = keyring.ownerOf(kind, key);
    return name === undefined ? { kind: "none" } : { kind: "found", name, by: kind };
  };
  const isOwned = (presented: Presented) => ownerOf(presented).kind === "found";
  const basic = basicCredential(headers);
  if (basic && rules.canCheck(basic.kind)) return ownerOf(basic);
  const token = tokenIn(headers, rules);
  if (token && !rules.canCheck("writeKeys")) return ownerOf(token);
  if (!(token && isOwned(token)) && !(await mentioned(evidence, rules)).some(isOwned))
    return evidence.body.fault() ?? { kind: "none" };
  const body = await evidence.readBody();
  if (body.kind === "refused") return body;
  const inBody = rules.isInAccount ? accountCredential(body.value) : undefined;
  const decisive = [bodyCredential(body.value), token, inBody].find(
    (presented) => presented !== undefined && rules.canCheck(presented.kind),
  );
  return decisive ? ownerOf(decisive) : { kind: "none" };
}

/** The token in a header, if there is one that can be checked. */
function tokenIn(headers: Headers, { canCheck, header }: KeyRules): Presented | undefined {
  if (!canCheck("tokens")) return undefined;
  return tokenCredential(headers) ?? headerCredential(headers, header);
}

/** The texts at the ends of the body that may be a key, if a key there could decide. */
async function mentioned(evidence: KeyEvidence, rules: KeyRules): Promise<readonly Presented[]> {
  const { headers, body } = evidence;
  const members: readonly (readonly [KeyMember, CredentialKind])[] = [
    ["writeKey", "writeKeys"],
    // A token in a header has precedence.
    ...(rules.isInAccount && !tokenIn(headers, rules) ? [["apiKey", "tokens"] as const] : []),
  ];
  const wanted = members.filter(([, kind]) => rules.canCheck(kind));
  if (wanted.length === 0) return [];
  const { first, last } = await body.ends();
  return wanted.flatMap(([member, kind]) =>
    [...keysMentioned(first, member), ...keysMentioned(last, member)].map((key) => ({ kind, key })),
  );
}
