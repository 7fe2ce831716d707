import type { Connections } from "../../lib/connections/schema.ts";
import { checkConnectionsYaml } from "../../lib/connections/yaml.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import { openHttpSession } from "../../lib/http/session.ts";
import { type EnvironmentToAsk, environmentsToAsk } from "../../operator/doctor/launchdarkly-environment.ts";
import type { Secrets } from "../../operator/doctor/secrets.ts";
import { type ReceivedRequest, type ScriptedAnswer, scriptedServer } from "./scripted-server.ts";

/** What LaunchDarkly, or PostHog, answers: the first entry whose text begins the request's line, else 404. */
export type Answers = Readonly<
  Record<string, ScriptedAnswer | object | ((request: ReceivedRequest) => ScriptedAnswer | object)>
>;

/** The environment in default/production, as LaunchDarkly shows it. */
export const PLACE = "GET /api/v2/projects/default/environments/production";
export const ENVIRONMENT = { _id: "client-side-id", key: "production" };

/** With them in connections.yml the environment is asked for; without, it is searched. */
const KEYS = `project: default
    environment: production`;

export type AskedServer = {
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  readonly environment: EnvironmentToAsk;
  readonly ports: {
    readonly http: ReturnType<typeof openHttpSession>;
    readonly now: () => number;
    readonly sleep: (ms: number) => Promise<void>;
    readonly limits: ReturnType<typeof noLimits>;
    readonly version: string;
  };
  readonly close: () => void;
};

/** A real server that answers so, and the environment of a connections file that asks it. Time passes by sleeping alone. */
export async function askedServer(answers: Answers, keys = KEYS): Promise<AskedServer> {
  const script = Object.entries(answers);
  const server = await scriptedServer((request) => {
    const [, given] = script.find(([start]) => request.line.startsWith(start)) ?? [];
    const answer = typeof given === "function" ? given(request) : given;
    if (answer === undefined) return { status: 404, body: '{"code":"not_found"}' };
    if (answer === "never" || answer === "reset") return answer;
    return "status" in answer && typeof answer.status === "number"
      ? { ...answer, status: answer.status }
      : { status: 200, body: JSON.stringify(answer) };
  });
  const connections = connectionsOf(`
launchdarkly:
  production:
    clientSideId: client-side-id
    instance: { api: "${server.url}", events: "${server.url}" }
    ${keys}
    secret: launchdarkly-production
connections:
  own: { source: flagbridge, secret: own, audiences: { to: [production] } }
`);
  let nowMs = Date.parse("2026-11-29T10:00:00Z");
  const ports = {
    http: openHttpSession(),
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
    limits: noLimits(),
    version: "1.2.3",
  };
  const [environment] = environmentsToAsk(connections, TOKEN, ports);
  if (!environment) throw new Error("the connections have no environment");
  return {
    url: server.url,
    received: server.received,
    environment,
    ports,
    close: () => {
      ports.http.close();
      server.close();
    },
  };
}

export const TOKEN: Secrets = new Map([
  ["launchdarkly-production", { kind: "text", text: '{"accessToken":"api-1"}' }],
]);

export function connectionsOf(yaml: string): Connections {
  const checked = checkConnectionsYaml(yaml);
  if (checked.ok) return checked.connections;
  throw new Error(checked.problems.join("\n"));
}
