/** What the page is told as it happens: a part of it, and what that is now or why nobody knows. */
export type LiveMessage =
  | { readonly part: string; readonly value: unknown }
  | { readonly part: string; readonly problem: string };

/** A part that is read again and again while somebody looks. `undefined` is "as before". */
export type LivePart = {
  readonly part: string;
  readonly everyMs: () => number;
  readonly read: (why: "time" | "asked") => Promise<unknown>;
};

export type Live = {
  /** Sends everything that is known at once, then what changes; gives the way to leave. */
  readonly join: (send: (messages: readonly LiveMessage[]) => void) => () => void;
  /** Reads a part now: somebody has just changed it. */
  readonly refresh: (part: string) => void;
  readonly stop: () => void;
};

export type LivePorts = {
  readonly parts: readonly LivePart[];
  readonly describe: (error: unknown) => string;
  /** Runs `work` after so many ms, and gives the way to have it not run. */
  readonly after: (ms: number, work: () => void) => () => void;
};

/**
 * Reads each part once for everybody who looks, and for nobody when nobody does. A part is not read again before its last reading has
 * ended, so that a slow bundle is not asked faster than it answers.
 */
export function openLive({ parts, describe, after }: LivePorts): Live {
  const listeners = new Set<(messages: readonly LiveMessage[]) => void>();
  const known = new Map<string, { readonly text: string; readonly message: LiveMessage }>();
  const loops = parts.map((part) => openLoop(part));

  function openLoop({ part, everyMs, read }: LivePart) {
    let isReading = false;
    let why: "time" | "asked" = "time";
    let isWanted = false;
    let cancel = (): void => {};
    const tell = (message: LiveMessage): void => {
      const text = JSON.stringify(message);
      if (known.get(part)?.text === text) return;
      known.set(part, { text, message });
      for (const send of listeners) send([message]);
    };
    const run = async (): Promise<void> => {
      if (isReading) {
        isWanted = true;
        return;
      }
      cancel();
      isReading = true;
      isWanted = false;
      try {
        const reason = why;
        why = "time";
        const value = await read(reason);
        if (value !== undefined) tell({ part, value });
      } catch (error) {
        tell({ part, problem: describe(error) });
      }
      isReading = false;
      if (isWanted) run();
      else if (listeners.size > 0) cancel = after(everyMs(), run);
    };
    const ask = (): void => {
      why = "asked";
      run();
    };
    return { part, run, ask, stop: () => cancel() };
  }

  return {
    join: (send) => {
      const isFirst = listeners.size === 0;
      // What was last known while somebody looked may be hours old.
      if (isFirst) known.clear();
      listeners.add(send);
      if (known.size > 0) send([...known.values()].map(({ message }) => message));
      if (isFirst) for (const { ask } of loops) ask();
      return () => {
        listeners.delete(send);
        if (listeners.size === 0) for (const { stop } of loops) stop();
      };
    },
    refresh: (part) => {
      for (const loop of loops) if (loop.part === part) loop.ask();
    },
    stop: () => {
      listeners.clear();
      for (const { stop } of loops) stop();
    },
  };
}
