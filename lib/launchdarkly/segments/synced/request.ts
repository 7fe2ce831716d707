import type { Ready, SegmentChange, SegmentWriter, WriteAnswer } from "../../../audience/segment-writer.ts";
import type { Integration } from "../../../connections/integrations.ts";
import type { HttpAnswer, HttpSession } from "../../../delivery/http-session.ts";
import { noEvidence } from "../../../delivery/isolate.ts";
import { afterAnswer, closedUntil, type LimitStore } from "../../../delivery/rate-limit.ts";
import { MAX_MEMBERS } from "./limits.ts";
import { outcomeOf } from "./outcome.ts";
import { SHAPES, type Shape } from "./transform.ts";
import { API_VERSION } from "./versions.ts";

export type SyncedSettings = {
  /** Base URL of the REST API, without a slash at the end. */
  readonly api: string;
  readonly environmentId: string;
  readonly integration: Integration;
  readonly timeoutMs: number;
  readonly userAgent: string;
};

export type SyncedPorts = {
  readonly http: Pick<HttpSession, "send">;
  readonly now: () => number;
  /** `after`: the token that was refused; a newer one may have been put in its place. */
  readonly accessToken: (after?: string) => Promise<string>;
  /** Shared by every writer with the same token, because LaunchDarkly counts per account. */
  readonly limit: LimitStore;
};

/**
 * Writes synced segments through the partner endpoint, in the body of the integration whose segments they are.
 * `POST /api/v2/segment-targets/{integration}`: 204, 400, 403, 409, 429, 500.
 * https://launchdarkly.com/docs/integrations/partner-integrations/synced-segments
 */
export function syncedSegments(settings: SyncedSettings, ports: SyncedPorts): SegmentWriter {
  const shape: Shape = SHAPES[settings.integration];
  const ready = async (): Promise<Ready> => {
    try {
      const token = await ports.accessToken();
      return { kind: "ready", send: (change) => send(change, token) };
    } catch {
      // The reader has logged which secret and why.
      return { kind: "misconfigured", reason: "secret-unreadable" };
    }
  };
  const send = async (change: SegmentChange, token: string): Promise<WriteAnswer> => {
    const answer = await post(JSON.stringify(shape.body(settings.environmentId, change)), token);
    if (answer.kind === "answered" && answer.status === 401 && (await rotated(token))) {
      // Not sent again here: the hold covers one request.
      return { kind: "unsent", reason: "token-rotated" };
    }
    return meaningOf(answer);
  };
  const rotated = async (refused: string): Promise<boolean> => {
    try {
      return (await ports.accessToken(refused)) !== refused;
    } catch {
      return false;
    }
  };
  const post = (body: string, token: string): Promise<HttpAnswer> =>
    ports.http.send({
      method: "POST",
      url: `${settings.api}/api/v2/segment-targets/${encodeURIComponent(settings.integration)}`,
      headers: {
        authorization: token,
        "content-type": "application/json",
        "ld-api-version": API_VERSION,
        "user-agent": settings.userAgent,
      },
      body,
      timeoutMs: settings.timeoutMs,
    });
  const meaningOf = (answer: HttpAnswer): WriteAnswer => {
    const nowMs = ports.now();
    if (answer.kind === "answered") ports.limit.set(afterAnswer(ports.limit.get(), { ...answer, nowMs }));
    return outcomeOf(answer, closedUntil(ports.limit.get(), nowMs) ?? nowMs);
  };
  return {
    maxMembers: MAX_MEMBERS,
    oneAction: shape.oneAction,
    evidence: noEvidence(),
    closedUntilMs: () => closedUntil(ports.limit.get(), ports.now()),
    ready,
  };
}
