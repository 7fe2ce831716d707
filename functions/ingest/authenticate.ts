import { type ConnectionSecret, describeShared } from "../../lib/connections/check-secrets.ts";
import { connectionNamed } from "../../lib/connections/find.ts";
import type { Integration } from "../../lib/connections/integrations.ts";
import { type CredentialKind, createKeyring, type Keyring } from "../../lib/connections/keyring.ts";
import type { Connection, Connections } from "../../lib/connections/schema.ts";
import { SOURCE_TRAITS } from "../../lib/connections/source-traits.ts";
import type { ReadSecrets, SecretAnswer } from "../../lib/http/credential.ts";
import type { ReplayIdentity } from "../../lib/replays/replays.ts";
import type { SignatureVerdict, SignedRequest } from "../../lib/signatures/signature.ts";
import { headerCredential, tokenCredential } from "./credentials.ts";
import { type KeyEvidence, type KeyOwner, type KeyRules, mayHaveKey, ownerOfKey } from "./find-key.ts";
import { type Refusal, refuse, refuseForNow } from "./refusal.ts";

export type Authenticated = {
  readonly kind: "authenticated";
  readonly name: string;
  readonly connection: Connection;
  /** The kind of key that proved a request to `/c/…`; absent when a signature did. */
  readonly provenBy?: CredentialKind | undefined;
  /** When the sender signed the request, Unix ms, where that is known. */
  readonly signedAtMs?: number | undefined;
  /** What identifies the request if it is sent again; absent if it need not be remembered. */
  readonly replay?: ReplayIdentity | undefined;
};

/**
 * What proves a request. The headers decide if they can; of the body only as much is read as a proof needs, and it is parsed
 * only for a sender that knows a key.
 */
export type Evidence = SignedRequest & KeyEvidence;

export type AuthenticationPorts = {
  readonly connections: Connections;
  readonly readSecrets: ReadSecrets<ConnectionSecret>;
};

/** Whether a request may send to the connection that its path names. */
export async function authenticateFor(
  name: string,
  evidence: Evidence,
  { connections, readSecrets }: AuthenticationPorts,
): Promise<Authenticated | Refusal> {
  const connection = connectionNamed(connections, name);
  if (!connection) return refuse("no_such_connection", "expected the name of a connection behind /c/");
  const authenticated = { kind: "authenticated", name, connection } as const;
  return withOneRefresh([connection.secret], readSecrets, async (secrets) => {
    const secret = secrets.get(connection.secret);
    if (secret?.kind !== "usable") return misconfigured([secret?.problem ?? NOT_READ]);
    const signature = await verifySignature(connection, evidence, secret.value);
    if (signature.kind === "failed")
      return evidence.body.fault() ?? refuse("unauthorized", signature.expected);
    if (vouchesForAll(signature, connection)) {
      const { signedAtMs, replay } = signature;
      return { ...authenticated, signedAtMs, replay };
    }
    const keyring = createKeyring(new Map([[name, secret.value]]));
    const owner = await ownerOfKey(evidence, keyring, {
      canCheck: (kind) => secret.value[kind] !== undefined,
      header: connection.header,
      isInAccount: true,
    });
    if (owner.kind === "refused") return owner;
    return owner.kind === "found"
      ? { ...authenticated, provenBy: owner.by }
      : refuseUnproven(signature, evidence, connection, secret.value);
  });
}

/** Finds the connection of a request by its key, because a request of the Tracking API names no connection. */
export async function authenticateByKey(
  evidence: Evidence,
  ports: AuthenticationPorts,
): Promise<Authenticated | Refusal> {
  if (!(await mayHaveKey(evidence, ANY_KEY))) return evidence.body.fault() ?? UNAUTHORIZED;
  return findOwner((keyring) => ownerOfKey(evidence, keyring, ANY_KEY), ports, UNAUTHORIZED);
}

/** Every connection's keys of both kinds, but no connection's own header: which connection's it would be is unknown. */
const ANY_KEY: KeyRules = { canCheck: () => true, header: undefined, isInAccount: false };

/** Which connection a request for one of LaunchDarkly's integrations is for, by the value of Authorization alone. */
export async function authenticateByToken(
  integration: Integration,
  { headers }: Pick<Evidence, "headers">,
  ports: AuthenticationPorts,
): Promise<Authenticated | Refusal> {
  const unauthorized = refuse(
    "unauthorized",
    `Authorization: expected a token of a connection of source flagbridge, or of the source whose integration is ${integration}`,
  );
  const presented = tokenCredential(headers);
  if (!presented) return unauthorized;
  const find = async (keyring: Keyring): Promise<KeyOwner> => {
    const name = keyring.ownerOf(presented.kind, presented.key);
    return name === undefined ? { kind: "none" } : { kind: "found", name, by: presented.kind };
  };
  const found = await findOwner(find, ports, unauthorized);
  if (found.kind === "refused") return found;
  const { source } = found.connection;
  if (source === "flagbridge" || SOURCE_TRAITS[source].integration === integration) return found;
  const cause = `the token is that of connections.${found.name}, of source ${source}: use one of a connection of source flagbridge`;
  return { ...unauthorized, causes: [cause] };
}

async function findOwner(
  find: (keyring: Keyring) => Promise<KeyOwner | Refusal>,
  { connections, readSecrets }: AuthenticationPorts,
  unauthorized: Refusal,
): Promise<Authenticated | Refusal> {
  const all = Object.entries(connections.connections);
  const names = all.map(([, { secret }]) => secret);
  return withOneRefresh(names, readSecrets, async (secrets) => {
    const usable = new Map<string, ConnectionSecret>();
    const problems: string[] = [];
    for (const [name, { secret }] of all) {
      const answer = secrets.get(secret);
      if (answer?.kind === "usable") usable.set(name, answer.value);
      else problems.push(answer?.problem ?? NOT_READ);
    }
    const keyring = createKeyring(usable);
    // A shared key does not tell which connection it is for, and the sender of one could pass for that of the other.
    if (keyring.shared.length > 0) return misconfigured(keyring.shared.map(describeShared));
    const owner = await find(keyring);
    if (owner.kind === "refused") return owner;
    const connection = owner.kind === "found" ? connectionNamed(connections, owner.name) : undefined;
    if (owner.kind === "found" && connection) return { kind: "authenticated", name: owner.name, connection };
    // The key may be in a secret that cannot be read: a 401 would make the sender drop its events for good.
    return problems.length > 0 ? misconfigured(problems) : unauthorized;
  });
}

type Secrets = ReadonlyMap<string, SecretAnswer<ConnectionSecret>>;

/**
 * A rotation must not need a cold start: what fails with the secrets at hand is tried again with newer ones, if there are any.
 * The reader makes at most one call in 30 s for that, and returns the same value for a secret that has not changed.
 */
async function withOneRefresh(
  names: readonly string[],
  readSecrets: ReadSecrets<ConnectionSecret>,
  attempt: (secrets: Secrets) => Promise<Authenticated | Refusal>,
): Promise<Authenticated | Refusal> {
  const cached = await readSecrets(names, "cached");
  const first = await attempt(cached);
  if (first.kind === "authenticated" || !WORTH_A_REFRESH.has(first.code)) return first;
  const refreshed = await readSecrets(names, "refreshed");
  const hasChanged = names.some((name) => !isSame(cached.get(name), refreshed.get(name)));
  return hasChanged ? attempt(refreshed) : first;
}

function isSame(
  before: SecretAnswer<ConnectionSecret> | undefined,
  after: SecretAnswer<ConnectionSecret> | undefined,
): boolean {
  if (before?.kind === "usable") return after?.kind === "usable" && after.value === before.value;
  return after !== undefined && after.kind !== "usable" && after.problem === before?.problem;
}

/** `unchecked`: the request claims to be signed, and the connection's secret has nothing to check that with. */
type CheckedSignature = SignatureVerdict | { readonly kind: "absent" } | { readonly kind: "unchecked" };

async function verifySignature(
  { source }: Connection,
  evidence: Evidence,
  { signingSecrets }: ConnectionSecret,
): Promise<CheckedSignature> {
  const { signature } = SOURCE_TRAITS[source];
  if (!signature?.isPresentIn(evidence.headers)) return { kind: "absent" };
  return signingSecrets ? signature.verify(evidence, signingSecrets) : { kind: "unchecked" };
}

/** If only a part of a batch is signed, something else must prove the rest: the operator's option, or a key or token. */
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
  { headers }: Evidence,
  connection: Connection,
  secret: ConnectionSecret,
): Refusal {
  if (kind === "verified") return PARTLY_SIGNED;
  const { signingSecrets, writeKeys, tokens } = secret;
  const isSignatureAllThatCounts = signingSecrets && !writeKeys && !tokens;
  const hasKey = tokenCredential(headers) ?? headerCredential(headers, connection.header);
  // If the request has a key, the key is wrong. If it has none, whoever set up the sender needs to know which one to give it.
  const isMissing = isSignatureAllThatCounts || !hasKey;
  const refusal = isMissing
    ? refuse("unauthorized", `expected ${proofsOf(connection, secret).join("; or ")}`)
    : UNAUTHORIZED;
  if (kind !== "unchecked") return refusal;
  return {
    ...refusal,
    causes: ["the request is signed, and the secret has no signingSecrets to check it with"],
  };
}

/** Lists what this connection can check, by the names of its secret's fields and not their values. */
function proofsOf(
  { source, header }: Connection,
  { signingSecrets, writeKeys, tokens }: ConnectionSecret,
): readonly string[] {
  const { signature } = SOURCE_TRAITS[source];
  const places = [
    "Authorization",
    ...(header === undefined ? [] : [`the header ${header}`]),
    ...(source === "mparticle" ? ["account.account_settings.apiKey"] : []),
  ];
  return [
    ...(signature && signingSecrets ? [`a signature, in the header ${signature.header}`] : []),
    ...(writeKeys ? ["a write key, as user name of Basic authentication or as writeKey in the body"] : []),
    ...(tokens ? [`a token, in ${places.join(" or ")}`] : []),
  ];
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
