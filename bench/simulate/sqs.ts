import type { Clock } from "./clock.ts";

/**
 * Messages of a standard queue that are in flight at most: received, and neither deleted nor visible again. With so many,
 * nothing is received. What is delayed does not count.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const IN_FLIGHT_LIMIT = 120_000;

/** `stands`: for so many messages, so that hours of many can be simulated. */
export type Weighed = { readonly stands: number };

/** A queue that gives what is visible in the order in which it became so. */
export type Sqs<Message extends Weighed> = {
  readonly send: (message: Message, delayMs?: number) => void;
  /** At most so many messages, which are in flight from then on. */
  readonly receive: (most: number) => readonly Message[];
  readonly isEmpty: () => boolean;
  readonly done: (message: Message) => void;
  readonly showAgain: (message: Message, afterMs: number) => void;
  readonly mostInFlight: () => number;
  /** When the limit first kept a message from being received. */
  readonly fullAtMs: () => number | undefined;
};

export function startSqs<Message extends Weighed>(clock: Clock): Sqs<Message> {
  let visible: Message[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  let fullAtMs: number | undefined;
  const done = ({ stands }: Message): void => {
    inFlight -= stands;
  };
  return {
    send: (message, delayMs = 0) => clock.at(clock.now() + delayMs, () => visible.push(message)),
    receive: (most) => {
      let room = Math.min(most, IN_FLIGHT_LIMIT - inFlight);
      const fits = visible.findIndex(({ stands }) => {
        room -= stands;
        return room < 0;
      });
      if (fits >= 0 && most > IN_FLIGHT_LIMIT - inFlight) fullAtMs ??= clock.now();
      const received = visible.slice(0, fits === -1 ? visible.length : fits);
      visible = visible.slice(received.length);
      for (const { stands } of received) inFlight += stands;
      mostInFlight = Math.max(mostInFlight, inFlight);
      return received;
    },
    isEmpty: () => visible.length === 0,
    done,
    showAgain: (message, afterMs) =>
      clock.at(clock.now() + afterMs, () => {
        done(message);
        visible.push(message);
      }),
    mostInFlight: () => mostInFlight,
    fullAtMs: () => fullAtMs,
  };
}
