import type { Connections } from "../../lib/connections/schema.ts";
import type { DataDir } from "../data-dir.ts";
import { accessTokens, clientSideIdOf, clientSideIds, keyedEnvironments } from "../sandbox-connections.ts";
import type { Secrets } from "../secrets-file.ts";
import { createAccountSettings } from "./account-settings.ts";
import { openEventStore } from "./event-store.ts";
import { createFaults } from "./faults.ts";
import { openFlagChangeSandbox } from "./flag-changes.ts";
import { launchdarklyRoutes } from "./launchdarkly.ts";
import { createRateLimits } from "./rate-limits.ts";
import type { SandboxRoute } from "./route.ts";
import { openSegmentStore } from "./segment-store.ts";

export type SandboxConfig = {
  /** Where LaunchDarkly's and PostHog's state is kept; a part that is undefined is kept in memory. */
  readonly dataDir: Pick<DataDir, "launchdarkly" | "launchdarklyEvents" | "launchdarklyFlags" | "posthog">;
  readonly connections: Connections;
  /** As they are now: asked again and again, so that a rotation is seen. */
  readonly secrets: () => Secrets;
  /** Where the sandbox's webhooks go: the bundle's address, without a path. */
  readonly url: () => string;
};

export type Sandbox = {
  readonly routes: readonly SandboxRoute[];
  /** Ends the webhooks that are on their way, and closes what is kept. */
  readonly close: () => Promise<void>;
};

/** Opens LaunchDarkly and PostHog as the local stack has them, for the environments and projects of these connections. */
export function openSandbox({ dataDir, connections, secrets, url }: SandboxConfig): Sandbox {
  const segments = openSegmentStore(dataDir.launchdarkly);
  const events = openEventStore(dataDir.launchdarklyEvents);
  const faults = createFaults();
  const limits = createRateLimits();
  const settings = createAccountSettings(keyedEnvironments(connections));
  const tokens = () => accessTokens(connections, secrets());
  const flagChanges = openFlagChangeSandbox({
    dataDir,
    connections,
    secrets,
    url,
    accessTokens: tokens,
    faults,
    limits,
    settings,
  });
  return {
    routes: [
      ...launchdarklyRoutes({
        accessTokens: tokens,
        clientSideIds: clientSideIds(connections),
        environmentOf: (project, environment) => clientSideIdOf(connections, project, environment),
        segments,
        noteChange: flagChanges.noteSegmentChange,
        events,
        faults,
        limits,
        settings,
      }),
      ...flagChanges.routes,
      ...settings.routes,
    ],
    close: async () => {
      await flagChanges.stop();
      segments.close();
      events.close();
    },
  };
}
