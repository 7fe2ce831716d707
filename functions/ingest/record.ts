import { EVENTS, METRICS } from "../../lib/observability/fields.ts";
import { faultFields, type Log } from "../../lib/observability/log.ts";
import type { RecordMetrics } from "../../lib/observability/metrics.ts";
import type { IgnoredByKind, RejectedByCode, Rejection } from "../../lib/sources/source.ts";
import type { Refusal, RefusalCode } from "./refusal.ts";
import type { Route } from "./route.ts";
import { type ItemTally, isAllRejected, sumOf } from "./tally.ts";

/** How one request ended. */
export type Outcome =
  | (Refusal & { readonly connection?: string; readonly vendorBody?: object })
  | Extract<Route, { readonly kind: "health" | "openapi" | "preflight" }>
  | (ItemTally & {
      readonly kind: "taken";
      readonly connection: string;
      readonly rejected: readonly Rejection[];
      readonly messages: number;
      /** Absent when there are none. */
      readonly erasures?: number;
      /** Whether it was taken before, so that nothing of it was queued. */
      readonly repeated?: boolean;
      /** For the operator's log: what is wrong on our side although everything is queued. */
      readonly causes?: readonly string[];
      /** The answer's body where the vendor expects its own. */
      readonly vendorBody?: object;
    });

/** What is logged of one request: counts, names of the configuration and our own codes, nothing of what it held. */
export type IngestRecord = {
  readonly requestId: string;
  readonly route: Route["kind"] | "none";
  readonly status: number;
  readonly ms: number;
  readonly connection?: string;
  readonly accepted?: number;
  /** Accepted items that have no effect on the connection, by kind. */
  readonly ignored?: IgnoredByKind;
  readonly rejected?: RejectedByCode;
  readonly messages?: number;
  /** People whom the request wants erased: their receipts have its `requestId`. */
  readonly erasures?: number;
  /** Only of a signed request that was taken before. */
  readonly repeated?: true;
  readonly code?: string;
  readonly causes?: readonly string[];
};

export function recordOf(
  outcome: Outcome,
  route: Route | Refusal,
  status: number,
  { request, ms }: { readonly request: { readonly requestId: string }; readonly ms: number },
): IngestRecord {
  const common = {
    requestId: request.requestId,
    route: route.kind === "refused" ? "none" : route.kind,
    status,
    ms,
  } as const;
  switch (outcome.kind) {
    case "health":
    case "openapi":
    case "preflight":
      return common;
    case "taken": {
      const { connection, accepted, ignoredByKind, rejectedByCode, messages, erasures, repeated, causes } =
        outcome;
      return {
        ...common,
        connection,
        accepted,
        ignored: ignoredByKind,
        rejected: rejectedByCode,
        messages,
        ...(erasures !== undefined && { erasures }),
        ...(repeated && { repeated }),
        ...(causes && { causes }),
      };
    }
    case "refused": {
      const { connection, code, causes, rejectedByCode } = outcome;
      return {
        ...common,
        code,
        ...(connection !== undefined && { connection }),
        ...(causes && { causes }),
        ...(rejectedByCode && { rejected: rejectedByCode }),
      };
    }
  }
}

export type Observers = { readonly log: Log; readonly recordMetrics: RecordMetrics };

/** One wide line per request and its metrics, by connection and by code. A fault on our side is an error; a sender's is not. */
export function observe(record: IngestRecord, { log, recordMetrics }: Observers): void {
  if (record.route === "health" || record.route === "openapi" || record.route === "preflight") return;
  const write = record.status >= 500 ? log.error : log.info;
  write(EVENTS.ingestAnswered, record);
  const { connection, accepted = 0, ignored = {}, rejected = {}, code } = record;
  const rejections = sumOf(rejected);
  const isLost = isAllRejected({ accepted, ignoredByKind: ignored, rejectedByCode: rejected });
  recordMetrics(
    {
      [METRICS.itemsAccepted]: accepted,
      [METRICS.itemsRejected]: rejections,
      [METRICS.itemsOfRejectedRequests]: isLost ? rejections : 0,
      [METRICS.requestsRefused]: code === undefined ? 0 : 1,
    },
    {},
    ...(connection === undefined ? [] : [{ connection }]),
  );
  for (const [itemCode, items] of Object.entries(rejected)) {
    const by = { ...(connection !== undefined && { connection }), code: itemCode };
    recordMetrics({ [METRICS.itemsRejected]: items }, by);
  }
  if (code !== undefined) recordMetrics({ [METRICS.requestsRefused]: 1 }, { code });
}

/** Records a request that ended without an outcome, with the code of its answer. */
export function observeFault(
  error: unknown,
  { requestId, code }: { readonly requestId: string; readonly code: RefusalCode },
  { log, recordMetrics }: Observers,
): void {
  log.error(EVENTS.ingestFailed, { requestId, code, ...faultFields(error) });
  recordMetrics({ [METRICS.requestsRefused]: 1 }, {}, { code });
}
