import type { Scenario } from "./scenario.ts";
import { audienceBatcher } from "./scenarios/audience-batcher.ts";
import { audiencePath } from "./scenarios/audience-path.ts";
import { awsCalls } from "./scenarios/aws-calls.ts";
import { backfill } from "./scenarios/backfill.ts";
import { consolePage } from "./scenarios/console.ts";
import { guards } from "./scenarios/guards.ts";
import { ingest } from "./scenarios/ingest.ts";
import { launchdarklyRequests } from "./scenarios/launchdarkly-requests.ts";
import { load } from "./scenarios/load.ts";
import { manyOperations } from "./scenarios/many-operations.ts";
import { memory } from "./scenarios/memory.ts";
import { metricPath } from "./scenarios/metric-path.ts";
import { million } from "./scenarios/million.ts";
import { posthogPath } from "./scenarios/posthog-path.ts";
import { refused } from "./scenarios/refused.ts";
import { rules } from "./scenarios/rules.ts";
import { startUp } from "./scenarios/start-up.ts";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  load,
  ingest,
  rules,
  audienceBatcher,
  audiencePath,
  awsCalls,
  guards,
  metricPath,
  posthogPath,
  launchdarklyRequests,
  million,
  memory,
  refused,
  startUp,
  manyOperations,
  backfill,
  consolePage,
];
