import type { SegmentWriter } from "../../../audience/segment-writer.ts";
import type { Integration } from "../../../connections/integrations.ts";
import { noEvidence } from "../../../delivery/isolate.ts";
import type { Client } from "../../client.ts";
import { SEGMENT_MEANINGS, secretUnreadable, writeAnswerOf } from "../outcome.ts";
import { SHAPES, type Shape } from "./transform.ts";

export type SyncedSettings = {
  readonly client: Client;
  readonly environmentId: string;
  readonly integration: Integration;
};

/**
 * The most members in one request. LaunchDarkly names no limit; this is the batch of Segment's LaunchDarkly Audiences
 * destination, and MAX_IDENTIFIERS of RudderStack's:
 * https://github.com/rudderlabs/rudder-transformer/blob/develop/src/cdk/v2/destinations/launchdarkly_audience/config.js
 */
export const MAX_MEMBERS = 1_000;

/**
 * Writes synced segments through the partner endpoint, in the body of the integration that they belong to. The endpoint
 * creates missing segments. `POST /api/v2/segment-targets/{integration}`: 204, 400, 403, 409, 429, 500.
 * https://launchdarkly.com/docs/integrations/partner-integrations/synced-segments
 */
export function syncedSegments({ client, environmentId, integration }: SyncedSettings): SegmentWriter {
  const shape: Shape = SHAPES[integration];
  const route = { method: "POST", route: "/api/v2/segment-targets" } as const;
  const path = `/api/v2/segment-targets/${encodeURIComponent(integration)}`;
  return {
    maxMembers: MAX_MEMBERS,
    separatesActions: shape.separatesActions,
    evidence: noEvidence(),
    closed: client.closed,
    inTurn: client.inTurn,
    awaitsProbe: client.awaitsProbe,
    closedUntilMs: () => client.closedUntilMs(route),
    ready: async (change) => {
      const access = await client.authorize();
      if (access.kind === "secret-unreadable") return secretUnreadable;
      if (access.kind !== "authorized") return access;
      const body = shape.body(environmentId, change);
      const send = async () => writeAnswerOf(await access.call({ ...route, path, body }, SEGMENT_MEANINGS));
      return { kind: "ready", send };
    },
  };
}
