import type { SegmentWriter } from "../../../audience/segment-writer.ts";
import type { Integration } from "../../../connections/integrations.ts";
import { noEvidence } from "../../../delivery/isolate.ts";
import type { ApiPorts, ApiSettings } from "../../rest-api.ts";
import { openApi } from "../api.ts";
import { MAX_MEMBERS } from "./limits.ts";
import { SHAPES, type Shape } from "./transform.ts";

export type SyncedSettings = ApiSettings & {
  readonly environmentId: string;
  readonly integration: Integration;
};

/**
 * Writes synced segments through the partner endpoint, in the body of the integration whose segments they are. It
 * makes a segment that is missing itself. `POST /api/v2/segment-targets/{integration}`: 204, 400, 403, 409, 429, 500.
 * https://launchdarkly.com/docs/integrations/partner-integrations/synced-segments
 */
export function syncedSegments(settings: SyncedSettings, ports: ApiPorts): SegmentWriter {
  const shape: Shape = SHAPES[settings.integration];
  const api = openApi(settings, ports);
  const route = { method: "POST", route: "/api/v2/segment-targets" } as const;
  const path = `/api/v2/segment-targets/${encodeURIComponent(settings.integration)}`;
  return {
    maxMembers: MAX_MEMBERS,
    oneAction: shape.oneAction,
    evidence: noEvidence(),
    closedUntilMs: () => api.closedUntilMs(route),
    ready: async (change) => {
      const access = await api.authorized();
      if (access.kind !== "authorized") return access;
      const body = shape.body(settings.environmentId, change);
      const send = async () => (await access.send({ ...route, path, body })).means;
      return { kind: "ready", send };
    },
  };
}
