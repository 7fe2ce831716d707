import { createRequire } from "node:module";
import { join } from "node:path";

/** A destination of Segment's, as its own platform runs it, with its mapping's defaults. */
export type SegmentDestination = {
  readonly onBatch: (events: readonly object[]) => Promise<void>;
  readonly onEvent: (event: object) => Promise<void>;
};

const peers = createRequire(join(import.meta.dirname, "../peers/package.json"));
const FOLDER = "@segment/action-destinations/dist/destinations";

/** LaunchDarkly Audiences, pointed at `base` instead of LaunchDarkly. */
export function launchdarklyAudiences(base: string): SegmentDestination {
  peers(`${FOLDER}/launchdarkly-audiences/constants`).CONSTANTS.LD_API_BASE_URL = `${base}/api/v2`;
  return start("launchdarkly-audiences", { apiKey: "token", clientId: "environment" });
}

/** LaunchDarkly (events), pointed at `base` instead of LaunchDarkly. */
export function launchdarklyEvents(base: string): SegmentDestination {
  peers(`${FOLDER}/launchdarkly/utils`).getEventsUrl = () => `${base}/events/bulk/environment`;
  return start("launchdarkly", { client_id: "environment" });
}

function start(name: string, settings: object): SegmentDestination {
  const { Destination } = peers("@segment/actions-core");
  const definition = peers(`${FOLDER}/${name}`).default;
  const [{ subscribe, partnerAction, mapping }] = definition.presets;
  const destination = new Destination(definition);
  const configuration = {
    ...settings,
    subscriptions: [{ name, enabled: true, subscribe, partnerAction, mapping }],
  };
  return {
    onBatch: async (events) => {
      await destination.onBatch(events, configuration);
    },
    onEvent: async (event) => {
      await destination.onEvent(event, configuration);
    },
  };
}
