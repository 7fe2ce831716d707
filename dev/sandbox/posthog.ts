import type { AccountSettings } from "./account-settings.ts";
import type { Faults } from "./faults.ts";
import { POSTHOG_LIMITS, readCapture } from "./posthog-body.ts";
import type { PosthogStore } from "./posthog-store.ts";
import { lastOf, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";
import { withFault } from "./with-fault.ts";

/** A project of connections.yml, with what its secret holds now. */
export type PosthogProject = {
  readonly name: string;
  readonly projectId?: string | undefined;
  readonly projectApiKey: string;
  readonly personalApiKey?: string | undefined;
};

export type PosthogSandboxConfig = {
  readonly projects: () => readonly PosthogProject[];
  readonly store: PosthogStore;
  readonly faults: Faults;
  readonly now: () => number;
  /** Without it, nothing stands in the way. */
  readonly settings?: AccountSettings | undefined;
};

const base = "/sandbox/posthog";

/** The capture doors, all with one handler: `/batch/` takes larger bodies, else the path means nothing. */
const DOORS = [
  { path: "batch", maxBytes: POSTHOG_LIMITS.batchBytes },
  { path: "capture", maxBytes: POSTHOG_LIMITS.singleBytes },
  { path: "e", maxBytes: POSTHOG_LIMITS.singleBytes },
  { path: "i/v0/e", maxBytes: POSTHOG_LIMITS.singleBytes },
];

/**
 * PostHog's capture API on this machine, with state that can be read. `annotations.ts` has the other door.
 * https://posthog.com/docs/api/capture
 */
export function posthogRoutes(config: PosthogSandboxConfig): readonly SandboxRoute[] {
  const { store, faults } = config;
  const captures = DOORS.flatMap(({ path, maxBytes }) =>
    [path, `${path}/`].map(
      (door): SandboxRoute => ({
        method: "POST",
        path: `${base}/${door}`,
        answer: withFault(faults, "posthog", (request) => capture(request, maxBytes, config)),
      }),
    ),
  );
  return [
    ...captures,
    {
      method: "GET",
      path: `${base}/events`,
      answer: ({ query }) => ({ kind: "json", status: 200, body: store.list(lastOf(query)) }),
    },
    {
      method: "GET",
      path: `${base}/annotations`,
      answer: () => ({ kind: "json", status: 200, body: { annotations: store.annotations() } }),
    },
  ];
}

/** A key of the right shape that no project has is answered 200, and what came with it is nowhere: as at PostHog. */
function capture({ bytes }: SandboxRequest, maxBytes: number, config: PosthogSandboxConfig): SandboxAnswer {
  const { store, faults, projects, now } = config;
  const read = readCapture(bytes, { maxBytes, nowMs: now() });
  if (read.kind === "refused") return { kind: "text", status: read.status, body: read.message };
  if (read.events.some(({ distinct_id: id }) => faults.isPoisoned("posthog", id)))
    return { kind: "text", status: 400, body: "an event of this request is poisoned" };
  const project = projects().find(({ projectApiKey }) => projectApiKey === read.key);
  if (project) store.add(project.name, read.events);
  return { kind: "json", status: 200, body: { status: "Ok" } };
}
