import { type CountPorts, type HiddenMessages, hiddenMessages } from "./hidden-messages.ts";

type WaitPorts = CountPorts & {
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
};

const POLL_MS = 1_000;

/**
 * Waits until no function has in its hands what was there at `sinceMs`, and says what is hidden then: `inFlight` only of what may be older.
 * `onWait` is told how long that may take, in ms, if there is anything to wait for.
 */
export async function untilOlderIsThrough(
  {
    sinceMs,
    untilMs,
    isStopped,
    onWait,
  }: {
    readonly sinceMs: number;
    readonly untilMs: number;
    readonly isStopped: () => boolean;
    readonly onWait: (longestMs: number) => void;
  },
  ports: WaitPorts,
): Promise<HiddenMessages> {
  for (let looks = 1; ; looks += 1) {
    const hidden = await hiddenMessages(ports);
    // In a busy queue there is always something in flight.
    const isThrough = !hidden.inFlight || ports.now() - sinceMs >= hidden.inHandMs;
    if (isThrough) return { ...hidden, inFlight: false };
    if (isStopped() || ports.now() + POLL_MS > untilMs) return hidden;
    if (looks === 1) onWait(sinceMs + hidden.inHandMs - ports.now());
    await ports.sleep(POLL_MS);
  }
}
