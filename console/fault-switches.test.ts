import { expect, test } from "vitest";
import { faultsBody } from "../dev/sandbox/faults.ts";
import { faultSwitches, SWITCHES } from "./fault-switches.ts";

test("every switch is a fault that the sandbox takes", () => {
  const faults = SWITCHES.map(({ fault }) => fault);
  expect(faultsBody.parse({ faults }).faults).toHaveLength(SWITCHES.length);
});

test("a switch is on as long as its fault is ordered, however often it has happened", () => {
  const [first, second] = SWITCHES;
  if (!first || !second) throw new RangeError("there are switches");
  const { switches, others } = faultSwitches([{ ...first.fault, times: 999_000, headers: {} }]);
  expect(switches.filter(({ isOn }) => isOn).map(({ id }) => id)).toEqual([first.id]);
  expect(others).toBe(0);
});

test("what somebody ordered by hand is no switch, and is counted", () => {
  const byHand = [
    { fault: "status", status: 400, on: "segments", times: 1, headers: {} },
    { fault: "poison", contextKey: "ana" },
  ];
  const { switches, others } = faultSwitches(byHand);
  expect(switches.some(({ isOn }) => isOn)).toBe(false);
  expect(others).toBe(2);
});
