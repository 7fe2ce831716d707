import { Agent, request } from "node:http";
import type { Work } from "../scenario.ts";
import { startSink } from "../start-sink.ts";

/** Work whose requests go to a sink in a process of its own: the gate looks at the bodies, the rounds are counted. */
export async function workOnSink(work: {
  readonly items: number;
  readonly warmUpRounds: number;
  readonly rounds: number;
  /** Makes the function that sends the items of one round to `base`. */
  readonly path: (base: string) => () => Promise<void>;
  /** Throws a GateError when the bodies of one round are not right. */
  readonly check: (bodies: readonly string[]) => void;
}): Promise<Work> {
  const { items, warmUpRounds, rounds, path, check } = work;
  const sink = await startSink();
  const round = path(sink.url);
  return {
    items,
    warmUpRounds,
    rounds,
    round,
    gate: async () => {
      sink.keep();
      await round();
      check((await sink.take()).bodies);
    },
    counts: async () => ({ requests: await sink.total() }),
    stop: () => sink.stop(),
  };
}

/** Sends bodies one after another over one connection, as cheaply as Node can. */
export function barePost(url: string): (body: string) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (body) =>
    new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      request(url, { method: "POST", agent, headers })
        .on("response", (response) => response.resume().on("end", () => resolve()))
        .on("error", reject)
        .end(body);
    });
}

export function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
