import type { Connection, Connections, SourceName } from "../lib/connections/schema.ts";
import type { Paint } from "./paint.ts";
import { isOwnSandbox } from "./sandbox-connections.ts";
import type { Secrets } from "./secrets-file.ts";

export type DirectionsTo = {
  readonly connections: Connections;
  readonly secrets: Secrets;
  /** The stack's own. */
  readonly url: string;
  readonly secretsPath: string;
  readonly paint: Paint;
};

/**
 * What somebody who has just started the stack needs, line by line: of each connection its URL, what proves a request, and
 * where what it sends can be seen. Keys are named and never shown: the file may hold real ones.
 */
export function directions({
  connections,
  secrets,
  url,
  secretsPath,
  paint,
}: DirectionsTo): readonly string[] {
  const each = Object.entries(connections.connections).flatMap(([name, connection]) => [
    "",
    `${paint("bold", name)} (${connection.source})`,
    ...placesToSend(name, { connection, secrets, url }).map(
      (line) => `  ${paint("dim", "send to")}   ${line}`,
    ),
    `  ${paint("dim", "prove by")}  ${proofs(connection, secrets).join(", or ")}`,
    ...placesToLook(connection, connections, url).map((line) => `  ${paint("dim", "look at")}   ${line}`),
  ]);
  return [...each, "", `Keys: ${secretsPath}. Queues: ${url}/sandbox/queues. More: dev/README.md`];
}

const DEFAULT_URL = "http://localhost:3000";

/** What to do in the first minute, and what the lines after it are. */
export function firstSteps({ url, paint }: Pick<DirectionsTo, "url" | "paint">): readonly string[] {
  // The commands look at the default port by themselves.
  const at = url === DEFAULT_URL ? "" : ` --url ${url}`;
  return [
    "",
    `${paint("bold", "Try first")}: open the console and press Send beside a sample. Or in a second terminal:`,
    `  npx flagbridge send${at}`,
    `  npx flagbridge status${at}`,
    paint("dim", "One line follows for each request and each batch. Ctrl-C ends the stack."),
    "",
  ];
}

const HAS_SDKS: ReadonlySet<SourceName> = new Set(["segment", "rudderstack"]);

function placesToSend(
  name: string,
  { connection, secrets, url }: Pick<DirectionsTo, "secrets" | "url"> & { readonly connection: Connection },
): readonly string[] {
  const { source, secret } = connection;
  if (source === "launchdarkly")
    return [
      `${url}/c/${name}\n            (POST ${url}/sandbox/launchdarkly/flags/KEY/toggle makes the sandbox send one)`,
    ];
  // SDKs prove themselves by a write key alone.
  const takesSdks = HAS_SDKS.has(source) && hasKeys(secrets[secret], "writeKeys");
  return [...(takesSdks ? [`${url} (the host of its SDKs)`] : []), `${url}/c/${name}`];
}

function hasKeys(secret: unknown, kind: string): boolean {
  return typeof secret === "object" && secret !== null && kind in secret;
}

function proofs(connection: Connection, secrets: Secrets): readonly string[] {
  const { secret, header } = connection;
  const has = (kind: string): boolean => hasKeys(secrets[secret], kind);
  const of = (field: string): string => `${field} of the secret ${secret}`;
  return [
    ...(has("signingSecrets") ? [`a signature with one of ${of("signingSecrets")}`] : []),
    ...(has("writeKeys") ? [`one of ${of("writeKeys")}, as user name of Basic or "writeKey"`] : []),
    ...(has("tokens")
      ? [
          `one of ${of("tokens")}, as Authorization: Bearer${header === undefined ? "" : ` or header ${header}`}`,
        ]
      : []),
  ];
}

/** Of a destination that is this stack's sandbox what it holds, and of another its address. */
function placesToLook(
  { audiences, metrics, posthog, erasures }: Connection,
  connections: Connections,
  url: string,
): readonly string[] {
  const environments = (names: readonly string[], part: "api" | "events", what: string): readonly string[] =>
    names.map((name) => {
      const instance = connections.launchdarkly[name]?.instance;
      if (typeof instance !== "object") return `LaunchDarkly (${instance}), environment ${name}`;
      return isOwnSandbox(instance[part]) ? `${url}/sandbox/launchdarkly/${what}` : instance[part];
    });
  const lines = [
    ...environments(audiences.to, "api", "segments"),
    ...environments(metrics?.to ?? [], "events", "events"),
    ...(posthog?.to ?? []).map((name) => {
      const host = connections.posthog[name]?.host ?? "";
      return isOwnSandbox(host) ? `${url}/sandbox/posthog/events` : host;
    }),
    ...(erasures ? ["this log: the line erasure.done is the receipt of an erasure"] : []),
  ];
  return [...new Set(lines)];
}
