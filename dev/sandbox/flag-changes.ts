import { connectionSecretOf } from "../../lib/connections/check-secrets.ts";
import { posthogSecret } from "../../lib/connections/destination-secrets.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import type { DataDir } from "../data-dir.ts";
import { keyedEnvironments } from "../sandbox-connections.ts";
import type { Secrets } from "../secrets-file.ts";
import { accountRoutes } from "./account.ts";
import type { AccountSettings } from "./account-settings.ts";
import { annotationRoutes } from "./annotations.ts";
import type { ApiDoorConfig } from "./api-door.ts";
import { auditLogRoutes } from "./audit-log.ts";
import { idAt } from "./entry-parts.ts";
import { flagReadRoutes } from "./flag-reads.ts";
import { openFlagStore } from "./flag-store.ts";
import { flagRoutes } from "./flags.ts";
import { metricRoutes } from "./metrics.ts";
import { persistentStoreRoutes } from "./persistent-stores.ts";
import { type PosthogProject, posthogRoutes } from "./posthog.ts";
import { posthogProjectRoutes } from "./posthog-projects.ts";
import { openPosthogStore } from "./posthog-store.ts";
import { projectRoutes } from "./projects.ts";
import type { SandboxRoute } from "./route.ts";
import { seededMetrics } from "./seeded-metrics.ts";
import type { NoteSegmentChange } from "./segment-changes.ts";
import { segmentEntry } from "./segment-entry.ts";
import { webhookReadRoutes } from "./webhook-reads.ts";
import { startWebhooks, type WebhookTarget } from "./webhooks.ts";

export type FlagChangeSandbox = {
  /** Puts a change of a segment into the audit log. No webhook brings it: their policy is for flags. */
  readonly noteSegmentChange: NoteSegmentChange;
  readonly routes: readonly SandboxRoute[];
  /** Ends the webhooks that are on their way, and closes what is kept. */
  readonly stop: () => Promise<void>;
};

/** Both ends of flag changes: LaunchDarkly's account, flags, audit log and webhooks, and PostHog. */
export function openFlagChangeSandbox(
  config: ApiDoorConfig & {
    readonly dataDir: Pick<DataDir, "launchdarklyFlags" | "posthog">;
    readonly connections: Connections;
    readonly secrets: () => Secrets;
    /** The stack's own address, where its webhooks go. */
    readonly url: () => string;
  },
): FlagChangeSandbox {
  const { connections, secrets, faults } = config;
  const flags = openFlagStore(config.dataDir.launchdarklyFlags);
  const store = openPosthogStore(config.dataDir.posthog);
  const { settings } = config;
  const targets = () => webhookTargets({ connections, secrets: secrets(), url: config.url(), settings });
  const webhooks = startWebhooks(() => (settings?.webhooks() === "off" ? [] : targets()));
  const now = Date.now;
  const posthog = { projects: () => posthogProjects(connections, secrets()), store, faults, now, settings };
  const environments = keyedEnvironments(connections);
  return {
    noteSegmentChange: (change) => {
      const { environmentId } = "after" in change ? change.after : change.before;
      const place = environments.find(({ clientSideId }) => clientSideId === environmentId);
      const atMs = now();
      // Without its keys an environment has no resource that an entry could name.
      if (place) flags.append(segmentEntry(change, { id: idAt(atMs), atMs, place }));
    },
    routes: [
      ...flagRoutes({ flags, webhooks, environments, now }),
      ...flagReadRoutes({ ...config, flags, environments }),
      ...auditLogRoutes({ ...config, flags }),
      ...accountRoutes(config),
      ...projectRoutes({ ...config, environments }),
      ...metricRoutes({ ...config, metrics: seededMetrics(connections), startedAtMs: now() }),
      ...persistentStoreRoutes(config),
      ...webhookReadRoutes({ ...config, targets }),
      ...posthogRoutes(posthog),
      ...annotationRoutes(posthog),
      ...posthogProjectRoutes(posthog),
    ],
    stop: async () => {
      await webhooks.stop();
      flags.close();
      store.close();
    },
  };
}

function webhookTargets({
  connections,
  secrets,
  url,
  settings,
}: {
  readonly connections: Connections;
  readonly secrets: Secrets;
  readonly url: string;
  readonly settings: AccountSettings | undefined;
}): WebhookTarget[] {
  return Object.entries(connections.connections)
    .filter(([, { source }]) => source === "launchdarkly")
    .map(([name, { secret, source }]) => {
      const { data } = connectionSecretOf(source).safeParse(secrets[secret]);
      return {
        url: `${url}/c/${name}`,
        signingSecret: settings?.webhooks() === "unsigned" ? undefined : data?.signingSecrets?.[0],
        bearerToken: data?.tokens?.[0],
      };
    });
}

function posthogProjects({ posthog }: Connections, secrets: Secrets): PosthogProject[] {
  return Object.entries(posthog).flatMap(([name, { projectId, secret }]) => {
    const { data } = posthogSecret.safeParse(secrets[secret]);
    return data ? [{ name, projectId, ...data }] : [];
  });
}
