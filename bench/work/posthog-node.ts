import { createRequire } from "node:module";
import { join } from "node:path";

/** PostHog's own client for Node with its own settings, pointed at `base`. */
export type PosthogClient = {
  readonly capture: (event: {
    readonly distinctId: string;
    readonly event: string;
    readonly properties: object;
    readonly timestamp: Date;
    readonly uuid: string;
  }) => void;
  readonly flush: () => Promise<void>;
};

const peers = createRequire(join(import.meta.dirname, "../peers/package.json"));

export function posthogClient(base: string): PosthogClient {
  const { PostHog } = peers("posthog-node");
  return new PostHog("phc_bench", { host: base });
}
