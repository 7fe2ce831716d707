/** A clock that moves to whatever is due next, for any number of waits. */
export type Clock = {
  readonly now: () => number;
  readonly at: (timeMs: number, run: () => void) => void;
  readonly sleep: (ms: number) => Promise<void>;
  /** Goes on until nothing waits any more. */
  readonly run: () => Promise<void>;
};

type Due = { readonly timeMs: number; readonly order: number; readonly run: () => void };

export function startClock(): Clock {
  const heap: Due[] = [];
  let nowMs = 0;
  let order = 0;
  const at: Clock["at"] = (timeMs, run) => {
    order += 1;
    push(heap, { timeMs: Math.max(timeMs, nowMs), order, run });
  };
  return {
    now: () => nowMs,
    at,
    sleep: (ms) => new Promise((resolve) => at(nowMs + ms, resolve)),
    run: async () => {
      for (let next = pop(heap); next; next = pop(heap)) {
        nowMs = next.timeMs;
        next.run();
        // Whoever was woken goes on until it waits again.
        if (heap[0]?.timeMs !== nowMs) await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

function isBefore(a: Due, b: Due): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);
}

function push(heap: Due[], due: Due): void {
  let place = heap.length;
  heap.push(due);
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = heap[parent];
    if (!above || isBefore(above, due)) break;
    heap[place] = above;
    place = parent;
  }
  heap[place] = due;
}

function pop(heap: Due[]): Due | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || heap.length === 0) return first;
  let place = 0;
  for (;;) {
    const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]];
    const least = right && left && isBefore(right, left) ? right : left;
    if (!least || isBefore(last, least)) break;
    heap[place] = least;
    place = least === left ? 2 * place + 1 : 2 * place + 2;
  }
  heap[place] = last;
  return first;
}
