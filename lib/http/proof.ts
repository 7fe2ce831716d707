/**
 * What a process knows of the credential of one way into a destination. A credential that is revoked is found out by one
 * request: until one has been answered with anything but a refusal, requests with it go one at a time.
 */
export type Proof = {
  /** Notes that a request starts. Gives the time, Unix ms, that it has to wait for at the latest, where another one is under way. */
  readonly start: (credential: string, nowMs: number) => number | undefined;
  /** Notes how a request ended that had started. */
  readonly end: (credential: string, ending: "answered" | "silent" | "refused" | "replaced") => void;
  /**
   * Does work that may make requests. While nothing is proven, one piece of work goes first and the others wait for its
   * answer: here, because later they would hold a segment meanwhile. Work that needed no request says nothing of the
   * credential, so that one more may go beside the next.
   */
  readonly inTurn: InTurn;
};

export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** A request that has not ended by then was lost with a frozen function: another one may start. */
export const FIRST_LOST_MS = 60_000;

/** Credentials are told apart by their identity: none of them is kept. `isOpen`: whether work can make requests at all. */
export function nothingProven(isOpen: () => boolean): Proof {
  let proven: string | undefined;
  let first: { readonly credential: string; readonly lostAtMs: number } | undefined;
  let started = 0;
  let running = 0;
  let atOnce = 1;
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (; waiting.length > 0 && (proven !== undefined || running < atOnce); running += 1)
      waiting.shift()?.();
  };
  return {
    start: (credential, nowMs) => {
      if (proven !== credential) {
        if (first && first.lostAtMs > nowMs) return first.lostAtMs;
        first = { credential, lostAtMs: nowMs + FIRST_LOST_MS };
        atOnce = 1;
      }
      started += 1;
      return undefined;
    },
    end: (credential, ending) => {
      if (proven === credential && (ending === "refused" || ending === "replaced")) proven = undefined;
      if (first?.credential !== credential) return;
      first = undefined;
      if (ending === "answered") proven = credential;
      wake();
    },
    inTurn: async (work) => {
      if (proven === undefined && running >= atOnce)
        await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      const before = started;
      try {
        return await work();
      } finally {
        running -= 1;
        if (started === before && isOpen()) atOnce += 1;
        wake();
      }
    },
  };
}
