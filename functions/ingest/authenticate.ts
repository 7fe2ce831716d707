import { type CredentialKind, connectionNamed, createKeyring } from "../../lib/connections/find.ts";
import type { Connection, Connections } from "../../lib/connections/schema.ts";
import { type ConnectionSecret, describeShared } from "../../lib/connections/secrets.ts";
import {
  basicCredential,
  bodyCredential,
  type Headers,
  headerCredential,
  type Presented,
  tokenCredential,
} from "./credentials.ts";
import { type Refusal, refuse, refuseForNow } from "./refusal.ts";

/** A secret, or what is wrong with it: safe to log, and never said to a caller. */
export type SecretAnswer =
  | { readonly kind: "usable"; readonly value: ConnectionSecret }
  | { readonly kind: "unusable"; readonly problem: string };

/** One answer per name. `refreshed` reads again what was not read within the last 30 s. */
export type ReadSecrets = (
  names: readonly string[],
  freshness: "cached" | "refreshed",
) => Promise<ReadonlyMap<string, SecretAnswer>>;

export type Authenticated = {
  readonly kind: "authenticated";
  readonly name: string;
  readonly connection: Connection;
};

/** What a request proves itself with. The body is read only if its headers do not decide. */
export type Evidence = { readonly headers: Headers; readonly readBody: () => ParsedBody | Refusal };
export type ParsedBody = { readonly kind: "parsed"; readonly value: unknown };

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
  return withOneRefresh(async (freshness) => {
    const secret = (await readSecrets([connection.secret], freshness)).get(connection.secret);
    if (secret?.kind !== "usable") return misconfigured([secret?.problem ?? NOT_READ]);
    const presented = firstPresented(evidence, (kind) => secret.value[kind] !== undefined, connection.header);
    if (presented?.kind === "refused") return presented;
    const owner =
      presented && createKeyring(new Map([[name, secret.value]])).ownerOf(presented.kind, presented.key);
    return owner === name ? { kind: "authenticated", name, connection } : UNAUTHORIZED;
  });
}

/** Which connection a request is for, by its key alone: the Tracking API has no other name in it. */
export async function authenticateByKey(
  evidence: Evidence,
  { connections, readSecrets }: AuthenticationPorts,
): Promise<Authenticated | Refusal> {
  const all = Object.entries(connections.connections);
  return withOneRefresh(async (freshness) => {
    const presented = firstPresented(evidence, () => true, undefined);
    if (presented === undefined) return UNAUTHORIZED;
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
    return problems.length > 0 ? misconfigured(problems) : UNAUTHORIZED;
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

/**
 * The first kind of evidence that the request has and that can be checked decides; nothing behind it is looked at.
 * A write key in a body that a webhook forwards says nothing to a connection that has only tokens.
 */
function firstPresented(
  { headers, readBody }: Evidence,
  canCheck: (kind: CredentialKind) => boolean,
  namedHeader: string | undefined,
): (Presented & { readonly kind: CredentialKind }) | Refusal | undefined {
  const basic = basicCredential(headers);
  if (basic && canCheck(basic.kind)) return basic;
  const body = readBody();
  if (body.kind === "refused") return body;
  const others = [
    bodyCredential(body.value),
    tokenCredential(headers),
    headerCredential(headers, namedHeader),
  ];
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
const WORTH_A_REFRESH: ReadonlySet<string> = new Set(["unauthorized", "misconfigured"]);
const NOT_READ = "a secret was not read";
