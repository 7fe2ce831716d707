import { useLayoutEffect, useState } from "preact/hooks";
import type {
  FaultSwitch,
  FlagChanges,
  Flow,
  Letters,
  MetricEvents,
  RequestRow,
  SampleRow,
  SegmentList,
  TargetInfo,
} from "../page-data.ts";

/** What the server tells by itself, by the name of the part. */
export type Parts = {
  readonly target: TargetInfo;
  readonly samples: readonly SampleRow[];
  readonly flow: Flow;
  readonly requests: readonly RequestRow[];
  readonly metricEvents: MetricEvents;
  readonly flagChanges: FlagChanges;
  readonly faults: { readonly switches: readonly FaultSwitch[]; readonly others: number };
  readonly segments: SegmentList;
  readonly letters: Letters;
};
export type PartName = keyof Parts;

/** `locked`: the token is missing or wrong. `gone`: nobody answers, and the page tries again by itself. */
export type Link = "connecting" | "live" | "gone" | "locked";

export type State = {
  readonly link: Link;
  readonly parts: Partial<Parts>;
  /** Why a part is not known, in words. */
  readonly problems: Partial<Record<PartName, string>>;
};

let state: State = { link: "connecting", parts: {}, problems: {} };
const listeners = new Set<() => void>();

export function getState(): State {
  return state;
}

export function setState(change: Partial<State>): void {
  state = { ...state, ...change };
  for (const listen of listeners) listen();
}

/** Renders again when what `select` gives is another one. */
export function useStore<Selected>(select: (state: State) => Selected): Selected {
  const [selected, setSelected] = useState(() => select(state));
  useLayoutEffect(() => {
    const listen = (): void => setSelected(() => select(state));
    listen();
    listeners.add(listen);
    return () => void listeners.delete(listen);
  }, []);
  return selected;
}

export function usePart<Name extends PartName>(
  name: Name,
): { readonly value: Parts[Name] | undefined; readonly problem: string | undefined } {
  return {
    value: useStore(({ parts }) => parts[name]),
    problem: useStore(({ problems }) => problems[name]),
  };
}

export function useIsLocal(): boolean {
  return useStore(({ parts }) => parts.target?.where.kind !== "stage");
}
