import { setTimeout as sleep } from "node:timers/promises";
import type { Door, DrawnFault, Faults } from "./faults.ts";
import type { SandboxAnswer, SandboxRequest } from "./route.ts";

/**
 * What a door does with a request when a fault is ordered for it. A delayed request takes effect when the delay is
 * over, also when the caller has long gone; only what took effect can be lost afterwards.
 */
export function withFault(
  faults: Faults,
  on: Door,
  apply: (request: SandboxRequest) => SandboxAnswer,
): (request: SandboxRequest) => Promise<SandboxAnswer> {
  return async (request) => {
    const fault = faults.draw(on);
    if (fault?.fault === "reset") return { kind: "reset" };
    if (fault?.fault === "status") return faultAnswer(fault);
    if (fault?.fault === "delay") await sleep(fault.ms);
    const answer = apply(request);
    if (answer.kind === "reset" || answer.status >= 300) return answer;
    if (fault?.fault === "applied-not-answered") return { kind: "reset" };
    if (fault?.fault === "applied-then-status") return faultAnswer(fault);
    return answer;
  };
}

function faultAnswer({ status, headers }: Extract<DrawnFault, { status: number }>): SandboxAnswer {
  return {
    kind: "json",
    status,
    headers,
    body: { code: codes.get(status) ?? "internal_service_error", message: "a fault of the sandbox" },
  };
}

const codes: ReadonlyMap<number, string> = new Map([
  [400, "invalid_request"],
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not_found"],
  [409, "optimistic_locking_error"],
  [429, "rate_limited"],
]);
