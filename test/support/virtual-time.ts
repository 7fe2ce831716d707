/** A clock that moves only when told, and everything that waits for it, in the order of its times. */
export type VirtualTime = {
  readonly now: () => number;
  readonly at: (timeMs: number, run: () => void) => void;
  readonly sleep: (ms: number) => Promise<void>;
  /** Runs what is due next and lets the code that it woke go on until it waits again; false when nothing is left. */
  readonly advance: () => Promise<boolean>;
};

export function virtualTime(startMs: number): VirtualTime {
  let nowMs = startMs;
  let counter = 0;
  const due: { readonly timeMs: number; readonly order: number; readonly run: () => void }[] = [];
  const at = (timeMs: number, run: () => void): void => {
    counter += 1;
    const entry = { timeMs: Math.max(timeMs, nowMs), order: counter, run };
    const place = due.findIndex((other) => other.timeMs > entry.timeMs);
    due.splice(place === -1 ? due.length : place, 0, entry);
  };
  return {
    now: () => nowMs,
    at,
    sleep: (ms) => new Promise((resolve) => at(nowMs + ms, resolve)),
    advance: async () => {
      const next = due.shift();
      if (!next) return false;
      nowMs = next.timeMs;
      next.run();
      // Code under test waits only for this clock, so once the microtasks are done it cannot move on its own.
      await new Promise((resolve) => setImmediate(resolve));
      return true;
    },
  };
}
