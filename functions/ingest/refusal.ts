import type { RejectedByCode } from "../../lib/sources/source.ts";

/** Every way a whole request is refused, with its status. Documented in docs/errors.md, which a test holds to this list. */
export const REFUSALS = {
  malformed_body: 400,
  malformed_json: 400,
  malformed_request: 400,
  no_usable_item: 400,
  unauthorized: 401,
  partly_signed: 401,
  no_such_route: 404,
  no_such_integration: 404,
  no_such_connection: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  too_many_events: 413,
  unsupported_encoding: 415,
  internal_error: 500,
  misconfigured: 503,
  out_of_time: 503,
  queue_unavailable: 503,
  request_in_flight: 503,
  replay_memory_unavailable: 503,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** Why a whole request is refused. `message` says what was expected, and quotes nothing of the request. */
export type Refusal = {
  readonly kind: "refused";
  readonly code: RefusalCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the operator's log alone: what is wrong on our side. Safe to log. */
  readonly causes?: readonly string[];
  /** For the log and the metrics: how many items were rejected, where the request was refused because all of them were. */
  readonly rejectedByCode?: RejectedByCode;
};

export function refuse(code: RefusalCode, message: string): Refusal {
  return { kind: "refused", code, message };
}

/** Refuses for a fault on our side that passes by itself or that the operator corrects: senders repeat a 503, but never a 401. */
export function refuseForNow(
  code:
    | "misconfigured"
    | "out_of_time"
    | "queue_unavailable"
    | "request_in_flight"
    | "replay_memory_unavailable",
  message: string,
  { retryAfterSeconds, causes }: { readonly retryAfterSeconds: number; readonly causes: readonly string[] },
): Refusal {
  return { kind: "refused", code, message, headers: { "retry-after": String(retryAfterSeconds) }, causes };
}
