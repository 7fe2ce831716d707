import { type CredentialKind, connectionNamed, createKeyring } from "../../lib/connections/find.ts";
import type { Integration } from "../../lib/connections/integrations.ts";
import type { Connection, Connections } from "../../lib/connections/schema.ts";
import { type ConnectionSecret, describeShared } from "../../lib/connections/secrets.ts";
import type { ReplayIdentity } from "../../lib/replays/replays.ts";
import type { SignatureVerdict, SignedRequest } from "../../lib/sources/signature.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import {
  accountCredential,
  basicCredential,
  bodyCredential,
  headerCredential,
  type Presented,
  tokenCredential,
} from "./credentials.ts";
import type { ParsedBody } from "./read-body.ts";
import { type Refusal, refuse, refuseForNow } from "./refusal.ts";

/** A secret, or what is wrong with it: safe to log, and never said to a caller. */
export type SecretAnswer =
  | { readonly kind: "usable"; readonly value: ConnectionSecret }
  | { readonly kind: "unusable"; readonly problem: string };

/** One answer per name. `refreshed` reads again what was not refreshed within the last 30 s. */
export type ReadSecrets = (
  names: readonly string[],
  freshness: "cached" | "refreshed",
) => Promise<ReadonlyMap<string, SecretAnswer>>;

export type Authenticated = {
  readonly kind: "authenticated";
  readonly name: string;
  readonly connection: Connection;
  /** When the sender signed the request, Unix ms, where that is known. */
  readonly signedAtMs?: number | undefined;
  /** By what the request is known when it comes again; absent where it is not to be remembered. */
  readonly replay?: ReplayIdentity | undefined;
};

/** What a request proves itself with. The body is read only if its headers do not decide. */
export type Evidence = SignedRequest & { readonly readBody: () => ParsedBody | Refusal };

export type AuthenticationPorts = { readonly connections: Connections; readonly readSecrets: ReadSecrets };

type Freshness = "cached" | "refreshed";
type Attempt = (freshness: Freshness) => Promise<Authenticated | Refusal>;

/** Whether a request may send to the connection that its path names. */
export async function authenticateFor(
  name: string,
  evidence: Evidence,
  { connections, readSecrets }: AuthenticationPorts,
): Promise<Authenticated | Refusal> {
  const connection = connectionNamed(connections, name);
  if (!connection) return refuse("no_such_connection", "expected the name of a connection behind /c/");
  const authenticated = { kind: "authenticated", name, connection } as const;
  return withOneRefresh(async (freshness) => {
    const secret = (await readSecrets([connection.secret], freshness)).get(connection.secret);
    if (secret?.kind !== "usable") return misconfigured([secret?.problem ?? NOT_READ]);
    const signature = verifySignature(connection, evidence, secret.value);
    if (signature.kind === "failed") return refuse("unauthorized", signature.expected);
    if (vouchesForAll(signature, connection)) {
      const { signedAtMs, replay } = signature;
      return { ...authenticated, signedAtMs, replay };
    }
    const presented = firstPresented(
      evidence,
      (kind) => secret.value[kind] !== undefined,
      (body) => [headerCredential(evidence.headers, connection.header), accountCredential(body)],
    );
    if (presented?.kind === "refused") return presented;
    const owner =
      presented && createKeyring(new Map([[name, secret.value]])).ownerOf(presented.kind, presented.key);
    return owner === name ? authenticated : refuseUnproven(signature, connection, secret.value);
  });
}

/** Which connection a request is for, by its key alone: the Tracking API has no other name in it. */
export async function authenticateByKey(
  evidence: Evidence,
  ports: AuthenticationPorts,
): Promise<Authenticated | Refusal> {
  return findOwner(
    () =>
      firstPresented(
        evidence,
        () => true,
        () => [],
      ),
    ports,
  );
}

/** Which connection a request for one of LaunchDarkly's integrations is for, by the value of Authorization alone. */
export async function authenticateByToken(
  integration: Integration,
  { headers }: Evidence,
  ports: AuthenticationPorts,
): Promise<Authenticated | Refusal> {
  const unauthorized = refuse(
    "unauthorized",
    `Authorization: expected a token of a connection of source flagbridge, or of the source whose integration is ${integration}`,
  );
  const found = await findOwner(() => tokenCredential(headers), ports, unauthorized);
  if (found.kind === "refused") return found;
  const { source } = found.connection;
  if (source === "flagbridge" || SOURCES[source].integration === integration) return found;
  const cause = `the token is that of connections.${found.name}, of source ${source}: use one of a connection of source flagbridge`;
  return { ...unauthorized, causes: [cause] };
}

async function findOwner(
  present: () => (Presented & { readonly kind: CredentialKind }) | Refusal | undefined,
  { connections, readSecrets }: AuthenticationPorts,
  unauthorized: Refusal = UNAUTHORIZED,
): Promise<Authenticated | Refusal> {
  const all = Object.entries(connections.connections);
  return withOneRefresh(async (freshness) => {
    const presented = present();
    if (presented === undefined) return unauthorized;
    if (presented.kind === "refused") return presented;
    const secrets = await readSecrets(
      all.map(([, { secret }]) => secret),
      freshness,
    );
    const usable = new Map<string, ConnectionSecret>();
    const problems: string[] = [];
    for (const [name, { secret }] of all) {
      const answer = secrets.get(secret);
      if (answer?.kind === "usable") usable.set(name, answer.value);
      else problems.push(answer?.problem ?? NOT_READ);
    }
    const keyring = createKeyring(usable);
    // Nobody can say which connection a shared key is for, and the other one's sender may be mistaken for this one.
    if (keyring.shared.length > 0) return misconfigured(keyring.shared.map(describeShared));
    const name = keyring.ownerOf(presented.kind, presented.key);
    const connection = name === undefined ? undefined : connectionNamed(connections, name);
    if (name !== undefined && connection) return { kind: "authenticated", name, connection };
    // The key may be in a secret that cannot be read: a 401 would make the sender drop its events for good.
    return problems.length > 0 ? misconfigured(problems) : unauthorized;
  });
}

/**
 * A rotation must not need a cold start: what fails with the secrets at hand is tried again with newer ones. The
 * reader sees to it that this costs at most one call in 30 s.
 */
async function withOneRefresh(attempt: Attempt): Promise<Authenticated | Refusal> {
  const first = await attempt("cached");
  if (first.kind === "authenticated" || !WORTH_A_REFRESH.has(first.code)) return first;
  return attempt("refreshed");
}

/** `unchecked`: the request claims to be signed, and the connection's secret has nothing to check that with. */
type CheckedSignature = SignatureVerdict | { readonly kind: "absent" } | { readonly kind: "unchecked" };

function verifySignature(
  { source }: Connection,
  evidence: Evidence,
  { signingSecrets }: ConnectionSecret,
): CheckedSignature {
  const { signature } = SOURCES[source];
  if (!signature?.isPresentIn(evidence.headers)) return { kind: "absent" };
  return signingSecrets ? signature.verify(evidence, signingSecrets) : { kind: "unchecked" };
}

/** Of a batch that is signed in part, somebody must answer for the rest: the operator here, or a key or token. */
function vouchesForAll(
  signature: CheckedSignature,
  { allowPartlySignedBatches }: Connection,
): signature is Extract<CheckedSignature, { readonly kind: "verified" }> {
  return (
    signature.kind === "verified" && (signature.covers === "everything" || allowPartlySignedBatches === true)
  );
}

function refuseUnproven(
  { kind }: CheckedSignature,
  { source }: Connection,
  { signingSecrets, writeKeys, tokens }: ConnectionSecret,
): Refusal {
  switch (kind) {
    case "verified":
      return PARTLY_SIGNED;
    case "unchecked":
      return {
        ...UNAUTHORIZED,
        causes: ["the request is signed, and the secret has no signingSecrets to check it with"],
      };
    default:
      // Nothing else would do: whoever set up the webhook has not switched its signature on.
      return signingSecrets && !writeKeys && !tokens
        ? refuse("unauthorized", `expected a signature, in the header ${SOURCES[source].signature?.header}`)
        : UNAUTHORIZED;
  }
}

/**
 * The first kind of evidence that the request has and that can be checked decides; nothing behind it is looked at.
 * A write key in a body that a webhook forwards says nothing to a connection that has only tokens.
 */
function firstPresented(
  { headers, readBody }: Evidence,
  canCheck: (kind: CredentialKind) => boolean,
  lastOf: (body: unknown) => readonly (Presented | undefined)[],
): (Presented & { readonly kind: CredentialKind }) | Refusal | undefined {
  const basic = basicCredential(headers);
  if (basic && canCheck(basic.kind)) return basic;
  const body = readBody();
  if (body.kind === "refused") return body;
  const others = [bodyCredential(body.value), tokenCredential(headers), ...lastOf(body.value)];
  return others.find((presented) => presented !== undefined && canCheck(presented.kind));
}

function misconfigured(causes: readonly string[]): Refusal {
  const message = "this bundle's secrets are not right; its log says which, and what to do";
  return refuseForNow("misconfigured", message, { retryAfterSeconds: 60, causes });
}

const UNAUTHORIZED = refuse(
  "unauthorized",
  "expected a write key (as user name of Basic authentication, or as writeKey in the body) or a token (in Authorization) of a connection",
);
const PARTLY_SIGNED = refuse(
  "partly_signed",
  "only the first event of the batch is signed: expected one event a request, or a token or write key beside the signature",
);
const WORTH_A_REFRESH: ReadonlySet<string> = new Set(["unauthorized", "partly_signed", "misconfigured"]);
const NOT_READ = "a secret was not read";
