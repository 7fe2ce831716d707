import { describe, expect, test } from "vitest";
import {
  afterEnd,
  afterStart,
  type BreakerState,
  breakerOf,
  closedBy,
  type Ending,
  LONGEST_PAUSE_MS,
  noBreakers,
  openState,
  PROBE_LOST_MS,
  REFUSED_MS,
  SHORTEST_PAUSE_MS,
} from "./breaker.ts";

const nowMs = 1_800_000_000_000;
const silent: Ending = { kind: "silent", tookMs: 10_000 };
const refused: Ending = { kind: "refused", why: "credential-refused", credential: "old" };
const end = (state: BreakerState, ending: Ending, role: "probe" | "other" = "other", atMs = nowMs) =>
  afterEnd(state, ending, { nowMs: atMs, role });

describe("a destination", () => {
  test.each<[string, Ending, { why: string; forMs: number } | undefined]>([
    ["stays open after an answer", { kind: "answered" }, undefined],
    ["closes for as long as it was silent", silent, { why: "destination-silent", forMs: 10_000 }],
    [
      "closes for a second after a lost connection",
      { kind: "silent", tookMs: 3 },
      { why: "destination-silent", forMs: SHORTEST_PAUSE_MS },
    ],
    [
      "closes for a quarter of an hour when it refuses a credential",
      refused,
      { why: "credential-refused", forMs: REFUSED_MS },
    ],
    [
      "closes as long when an endpoint is at fault",
      { kind: "refused", why: "endpoint-refused" },
      { why: "endpoint-refused", forMs: REFUSED_MS },
    ],
  ])("%s", (_name, ending, closed) => {
    const state = end(openState, ending);
    expect(closedBy(state, nowMs)).toEqual(closed && { why: closed.why, untilMs: nowMs + closed.forMs });
    expect(closedBy(state, nowMs + REFUSED_MS)).toBeUndefined();
  });

  test("is open again when the clock that closed it has been set back", () => {
    const state = end(openState, { kind: "refused", why: "endpoint-refused" });
    expect(closedBy(state, nowMs - 1)).toBeUndefined();
  });

  test("is not kept closed longer by the requests that were in flight when it fell silent", () => {
    const state = end(openState, silent);
    expect(end(state, silent, "other", nowMs + 2_000)).toEqual(state);
  });

  test("takes one probe once its time has come, and nothing beside it", () => {
    const later = nowMs + 10_000;
    const probing = afterStart(end(openState, silent), later);
    expect(closedBy(probing, later + 1)).toMatchObject({ why: "destination-silent" });
    expect(end(probing, { kind: "answered" }, "probe")).toEqual(openState);
  });

  test("closes for twice as long after each probe without an answer, and a minute at most", () => {
    let state = end(openState, silent);
    let atMs = nowMs;
    const pauses = [1, 2, 3, 4].map(() => {
      atMs = closedBy(state, atMs)?.untilMs ?? atMs;
      state = end(afterStart(state, atMs), silent, "probe", atMs);
      return (closedBy(state, atMs)?.untilMs ?? atMs) - atMs;
    });
    expect(pauses).toEqual([20_000, 40_000, LONGEST_PAUSE_MS, LONGEST_PAUSE_MS]);
  });

  test("takes another probe when one was lost with its function", () => {
    const probing = afterStart(end(openState, silent), nowMs + 10_000);
    expect(closedBy(probing, nowMs + 10_000 + PROBE_LOST_MS)).toBeUndefined();
  });

  test("that refused a credential is open for another one", () => {
    const state = end(openState, refused);
    expect(closedBy(state, nowMs, "old")).toMatchObject({ why: "credential-refused" });
    expect(closedBy(state, nowMs, "new")).toBeUndefined();
  });

  test("that refused a credential is not opened by an answer to an earlier request", () => {
    const state = end(openState, refused);
    expect(end(state, { kind: "answered" })).toEqual(state);
  });

  test("is not silent for a request that was lost while others were answered", () => {
    expect(end(openState, { kind: "lost" })).toEqual(openState);
    expect(end(end(openState, silent), { kind: "lost" })).toEqual(end(openState, silent));
  });

  test("does not close its neighbour", () => {
    const breakers = noBreakers();
    breakerOf(breakers, "production").set(end(openState, silent));
    expect(breakerOf(breakers, "staging").get()).toEqual(openState);
  });
});
