import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { FromSink, ToSink } from "./sink.ts";

export type Sink = {
  readonly url: string;
  /** From now on the bodies of requests are kept. */
  readonly keep: () => void;
  /** What has come since the last time; ends the keeping. */
  readonly take: () => Promise<{ readonly requests: number; readonly bodies: readonly string[] }>;
  /** All requests so far, those that were taken included. */
  readonly total: () => Promise<number>;
  readonly stop: () => Promise<void>;
};

/** Starts the sink in a process of its own. */
export async function startSink(): Promise<Sink> {
  const child = fork(join(import.meta.dirname, "sink.ts"), {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const next = async (): Promise<FromSink> => {
    // Only our own sink writes to this channel.
    const [message] = (await once(child, "message")) as [FromSink];
    return message;
  };
  const tell = (message: ToSink): void => {
    child.send(message);
  };
  const listening = await next();
  if (listening.kind !== "listening") throw new Error("the sink did not start");
  let requestsBefore = 0;
  const take: Sink["take"] = async () => {
    const answer = next();
    tell({ kind: "take" });
    const taken = await answer;
    if (taken.kind !== "taken") throw new Error("the sink did not say what it has taken");
    requestsBefore += taken.requests;
    return taken;
  };
  return {
    url: `http://127.0.0.1:${listening.port}`,
    keep: () => tell({ kind: "keep" }),
    take,
    total: async () => {
      await take();
      return requestsBefore;
    },
    stop: async () => {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}
