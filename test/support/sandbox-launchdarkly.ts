import { createServer } from "node:http";
import { listenOnLoopback } from "../../dev/listen.ts";
import { createAccountSettings } from "../../dev/sandbox/account-settings.ts";
import { openEventStore } from "../../dev/sandbox/event-store.ts";
import { createFaults } from "../../dev/sandbox/faults.ts";
import { openFlagChangeSandbox } from "../../dev/sandbox/flag-changes.ts";
import { launchdarklyRoutes } from "../../dev/sandbox/launchdarkly.ts";
import { sandboxServer } from "../../dev/sandbox/route.ts";
import { openSegmentStore } from "../../dev/sandbox/segment-store.ts";
import { clientSideIdOf, clientSideIds, keyedEnvironments } from "../../dev/sandbox-connections.ts";
import { checkConnections } from "../../lib/connections/load.ts";

const PATCH_TYPE = "application/json; domain-model=launchdarkly.semanticpatch";
/** Where the segments of one environment of {@link startLaunchDarkly} are. */
export const SEGMENTS = "/api/v2/segments/web/test";

/**
 * The whole LaunchDarkly of the sandbox on a free port: project `web` with the environments `test` (client-side ID `env-1`)
 * and `production` (`env-2`), and one more whose keys nobody knows (`env-3`).
 */
export async function startLaunchDarkly() {
  const checked = checkConnections({
    launchdarkly: {
      test: { clientSideId: "env-1", secret: "ld", project: "web", environment: "test" },
      production: { clientSideId: "env-2", secret: "ld", project: "web", environment: "production" },
      keyless: { clientSideId: "env-3", secret: "ld" },
    },
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
    connections: {
      changes: { source: "launchdarkly", secret: "webhook", posthog: { to: ["main"] } },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const { connections } = checked;
  const faults = createFaults();
  const settings = createAccountSettings(keyedEnvironments(connections));
  const accessTokens = () => new Set(["token"]);
  const flagChanges = openFlagChangeSandbox({
    dataDir: { launchdarklyFlags: undefined, posthog: undefined },
    connections,
    secrets: () => ({ webhook: { signingSecrets: ["signing-secret"] } }),
    accessTokens,
    url: () => "http://127.0.0.1:9",
    faults,
    settings,
  });
  const [segments, events] = [openSegmentStore(), openEventStore()];
  const server = createServer(
    sandboxServer([
      ...launchdarklyRoutes({
        accessTokens,
        clientSideIds: clientSideIds(connections),
        environmentOf: (project, environment) => clientSideIdOf(connections, project, environment),
        segments,
        noteChange: flagChanges.noteSegmentChange,
        events,
        faults,
        settings,
      }),
      ...flagChanges.routes,
      ...settings.routes,
    ]),
  );
  const base = `http://127.0.0.1:${await listenOnLoopback(server, 0)}/sandbox/launchdarkly`;
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await flagChanges.stop();
    segments.close();
    events.close();
  };
  const call = async (
    method: string,
    path: string,
    {
      body,
      token = "token",
      type = "application/json",
      version = "20240415",
    }: { body?: object; token?: string; type?: string; version?: string } = {},
  ) => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: token, "content-type": type, "ld-api-version": version },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get("content-type") === "application/json";
    return {
      status: answer.status,
      location: answer.headers.get("location"),
      body: isJson ? JSON.parse(text) : text === "" ? undefined : text,
    };
  };

  const get = (path: string) => call("GET", path);
  const make = (key: string, rest: object = {}) =>
    call("POST", SEGMENTS, { body: { key, name: key.toUpperCase(), ...rest } });
  const makeBig = (key: string) => make(key, { unbounded: true, unboundedContextKind: "device" });
  const target = (key: string, included: object) =>
    call("POST", `${SEGMENTS}/${key}/contexts`, { body: { included } });
  const patch = (
    key: string,
    values: readonly string[],
    contextKind = "user",
    { comment = "why", query = "" }: { readonly comment?: string; readonly query?: string } = {},
  ) =>
    call("PATCH", `${SEGMENTS}/${key}${query}`, {
      type: PATCH_TYPE,
      body: {
        comment,
        environmentKey: "test",
        instructions: [{ kind: "addIncludedTargets", contextKind, values }],
      },
    });
  const sync = (environmentId: string, changes: Record<string, boolean>, cohortId = "beta") =>
    call("POST", "/api/v2/segment-targets/segment-audiences", {
      body: {
        environmentId,
        contextKind: "user",
        batch: Object.entries(changes).map(([userId, value]) => ({
          ...{ userId, value, cohortId, cohortName: "Beta testers" },
        })),
      },
    });
  const toggle = (key: string) =>
    call("POST", `/flags/${key}/toggle`, {
      body: { project: "web", environment: "test", webhook: false, tags: ["qa"] },
    });
  const entries = async (spec: string) =>
    (await get(`/api/v2/auditlog?limit=20&spec=${encodeURIComponent(spec)}`)).body.items;
  return { call, get, make, makeBig, target, patch, sync, toggle, entries, faults, stop };
}
