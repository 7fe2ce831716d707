import type { LetterCalls } from "../operator/dead-letters/walk.ts";
import { note } from "./terminal.ts";

/** What Ctrl-C needs of the process. */
export type Interruptible = {
  readonly onInterrupt: (act: () => void) => void;
  readonly end: () => void;
};

/** As a shell has it of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** @param code with which Ctrl-C ends the command: 0 where that is how it ends */
export function interruptible(code = INTERRUPTED): Interruptible {
  return {
    onInterrupt: (act) => process.once("SIGINT", act),
    end: () => process.exit(code),
  };
}

/**
 * The same calls, for commands that only look: Ctrl-C gives back at once what is in their hands, and ends the command. Without this
 * the letters could not be received for two minutes, and the next look would say that there are fewer. A second Ctrl-C ends it at once.
 */
export function givingBack(
  calls: LetterCalls,
  { onInterrupt, end }: Interruptible = interruptible(),
): LetterCalls {
  /** The newest receipt handle of each letter in hand, by its queue. */
  const held = new Map<string, Map<string, string>>();
  const receiving = new Set<Promise<unknown>>();
  let isEnding = false;
  const release = async (): Promise<void> => {
    // What is being received now is in nobody's hands yet.
    await Promise.allSettled(receiving);
    await Promise.allSettled(
      [...held].map(([queueUrl, letters]) =>
        calls.setVisibility(
          queueUrl,
          [...letters.values()].map((receiptHandle) => ({ receiptHandle, seconds: 0 })),
        ),
      ),
    );
    end();
  };
  onInterrupt(() => {
    isEnding = true;
    onInterrupt(end);
    if (receiving.size + held.size > 0) note("Giving the letters back.");
    release();
  });
  return {
    ...calls,
    receive: async (queueUrl, times) => {
      // Whoever asks while the command ends waits for its end.
      if (isEnding) return new Promise(() => {});
      const call = calls.receive(queueUrl, times);
      receiving.add(call);
      try {
        const letters = await call;
        const own = held.get(queueUrl) ?? new Map<string, string>();
        held.set(queueUrl, own);
        for (const { id, receiptHandle } of letters) own.set(id, receiptHandle);
        return letters;
      } finally {
        receiving.delete(call);
      }
    },
    setVisibility: async (queueUrl, changes) => {
      const outcomes = await calls.setVisibility(queueUrl, changes);
      const own = held.get(queueUrl);
      for (const { receiptHandle, seconds } of changes)
        if (seconds === 0)
          for (const [id, handle] of own ?? []) if (handle === receiptHandle) own?.delete(id);
      if (own?.size === 0) held.delete(queueUrl);
      return outcomes;
    },
  };
}
