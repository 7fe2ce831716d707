import type { ConnectionSecret } from "../../lib/connections/check-secrets.ts";
import { SOURCE_TRAITS } from "../../lib/connections/source-traits.ts";
import { checkConnectionsYaml } from "../../lib/connections/yaml.ts";
import { readJson } from "../../lib/json.ts";
import { SAMPLES } from "../../operator/send/send-sample.ts";

const ENVIRONMENT_ID = "5f0c8a1b2d3e4f5a6b7c8d9e";

/** A connection of every source, named after it. */
const CONNECTIONS = `
launchdarkly: { production: { clientSideId: ${ENVIRONMENT_ID}, secret: api-of-production } }
posthog: { main: { host: https://us.i.posthog.com, secret: project-main } }
connections:
${Object.entries(SOURCE_TRAITS)
  .map(([source, { namesSegments, sendsEvents, sendsFlagChanges }]) => {
    const segment = namesSegments ? "" : ", segment: { id: vip, name: VIP }";
    const does = sendsFlagChanges ? "posthog: { to: [main] }" : `audiences: { to: [production]${segment} }`;
    const metrics = sendsEvents ? ", metrics: { to: [production] }" : "";
    return `  ${source}: { source: ${source}, secret: ${source}, ${does}${metrics} }`;
  })
  .join("\n")}
`;

/** What proves the sender decides where a sample goes: a write key `/v1/…`, a token LaunchDarkly's path, a signature `/c/…`. */
const PROOFS: readonly ConnectionSecret[] = [{ signingSecrets: [] }, { writeKeys: [] }, { tokens: [] }];

type SampleBody = { readonly name: string; readonly body: unknown; readonly paths: readonly string[] };

const BODIES_OF_SAMPLES = bodiesOfSamples();

/** What `flagbridge send` sends, by the names of its samples, and what goes to `/v1/…` as a batch too. */
export const EXAMPLES = Object.fromEntries([
  ...BODIES_OF_SAMPLES.map(({ name, body }) => [name, { value: body }] as const),
  ...bodiesAt("/v1/").map(({ name, body }) => [batchOf(name), { value: { batch: [body] } }] as const),
]);

/** The names of the examples that go to the paths that begin so. */
export function examplesAt(path: string): readonly string[] {
  return bodiesAt(path).map(({ name }) => name);
}

/** The same of `/v1/<call>`, or of those that take a batch. */
export function trackingExamples(call: string | undefined): readonly string[] {
  return call === undefined ? examplesAt("/v1/").map(batchOf) : examplesAt(`/v1/${call}`);
}

function batchOf(name: string): string {
  return `${name}-batch`;
}

function bodiesAt(path: string): readonly SampleBody[] {
  return BODIES_OF_SAMPLES.filter(({ paths }) => paths.some((one) => one.startsWith(path)));
}

function bodiesOfSamples(): readonly SampleBody[] {
  const checked = checkConnectionsYaml(CONNECTIONS);
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const { connections } = checked.connections;
  const facts = {
    environmentId: ENVIRONMENT_ID,
    nowMs: Date.parse("2026-05-03T12:00:00Z"),
    id: "a1b2c3d4e5f60718293a4b5c",
  };
  return SAMPLES.flatMap(({ name, source, request }) => {
    const connection = connections[source];
    if (!connection) return [];
    const requests = PROOFS.map((secret) =>
      request({ ...facts, connectionName: source, connection, secret }),
    );
    const [first] = requests;
    return first ? [{ name, body: readJson(first.body), paths: requests.map(({ path }) => path) }] : [];
  });
}
