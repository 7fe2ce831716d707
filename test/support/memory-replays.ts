import { REMEMBERED_MS, type Replays, type RequestKey, TAKEN_MS } from "../../lib/replays/replays.ts";

type Item = { readonly untilMs: number; readonly by: string; readonly done: boolean };

/** The memory of requests without a database: the reference for its contract. */
export function memoryReplays(): Replays {
  const items = new Map<string, Item>();
  let tokens = 0;
  const keyOf = ({ connection, digest }: RequestKey) => `${connection} ${digest}`;
  return {
    take: async (request, nowMs) => {
      const item = items.get(keyOf(request));
      if (item && item.untilMs > nowMs)
        return item.done ? { kind: "done" } : { kind: "in-flight", untilMs: item.untilMs };
      tokens += 1;
      const token = String(tokens);
      items.set(keyOf(request), { untilMs: nowMs + TAKEN_MS, by: token, done: false });
      return { kind: "taken", taken: { ...request, token } };
    },
    finish: async (taken, nowMs) => {
      if (items.get(keyOf(taken))?.by !== taken.token) return { kind: "lost" };
      items.set(keyOf(taken), { untilMs: nowMs + REMEMBERED_MS, by: taken.token, done: true });
      return { kind: "remembered" };
    },
    release: async (taken) => {
      if (items.get(keyOf(taken))?.by !== taken.token) return { kind: "lost" };
      items.delete(keyOf(taken));
      return { kind: "remembered" };
    },
  };
}
