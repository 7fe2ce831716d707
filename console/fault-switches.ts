import type { FaultSwitch } from "./page-data.ts";

/** A fault as the sandbox takes and lists it. */
export type Fault = { readonly fault: string; readonly [member: string]: unknown };

type Switch = {
  readonly id: string;
  readonly label: string;
  readonly explanation: string;
  readonly fault: Fault;
  /** Whether a fault that the sandbox lists is this one, however often it has already happened. */
  readonly is: (fault: Fault) => boolean;
};

/** Until the switch is turned off. */
const ALWAYS = 1_000_000;
/** As often as a switch's fault can have happened and still be known as its own. */
const KNOWN_FROM = ALWAYS / 2;

/** What goes wrong in real life, each with what the bundle then does. */
export const SWITCHES: readonly Switch[] = [
  faultSwitch("refuse-members", "LaunchDarkly refuses members", "It answers 400: they become dead letters.", {
    fault: "status",
    status: 400,
    on: "segments",
  }),
  faultSwitch("segments-down", "LaunchDarkly is down", "It answers 503: members wait in their queue.", {
    fault: "status",
    status: 503,
    on: "segments",
  }),
  faultSwitch("segments-slow", "LaunchDarkly is slow", "It answers three seconds late.", {
    fault: "delay",
    ms: 3_000,
    on: "segments",
  }),
  faultSwitch("segments-reset", "The network breaks", "LaunchDarkly's connections are reset.", {
    fault: "reset",
    on: "segments",
  }),
  faultSwitch(
    "refuse-events",
    "LaunchDarkly refuses metric events",
    "It answers 400: they become dead letters.",
    {
      fault: "status",
      status: 400,
      on: "events",
    },
  ),
  faultSwitch("posthog-down", "PostHog is down", "It answers 503: flag changes wait in their queue.", {
    fault: "status",
    status: 503,
    on: "posthog",
  }),
];

function faultSwitch(id: string, label: string, explanation: string, fault: Fault): Switch {
  return {
    id,
    label,
    explanation,
    fault: { ...fault, times: ALWAYS },
    is: (other) =>
      Number(other.times) > KNOWN_FROM &&
      Object.entries(fault).every(([name, value]) => other[name] === value),
  };
}

/** Which switches are on, and how many faults somebody ordered otherwise. */
export function faultSwitches(ordered: readonly Fault[]): {
  readonly switches: readonly FaultSwitch[];
  readonly others: number;
} {
  return {
    switches: SWITCHES.map(({ id, label, explanation, is }) => ({
      id,
      label,
      explanation,
      isOn: ordered.some(is),
    })),
    others: ordered.filter((fault) => !SWITCHES.some(({ is }) => is(fault))).length,
  };
}
