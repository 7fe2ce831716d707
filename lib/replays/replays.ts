/**
 * The memory of signed requests that were taken. A signature is believed for minutes or for ever, so whoever has
 * recorded a request could send it again: docs/adr/0010. Every adapter passes `replays.contract.ts`.
 *
 * A request is taken before anything of it is queued, and done when everything is: a crash in between leaves it to be
 * taken again by its sender's repetition, so nothing is lost.
 */
export type Replays = {
  /** Never waits, and never rejects. */
  readonly take: (request: RequestKey, nowMs: number) => Promise<TakeAnswer>;
  /** Everything of it is queued: for {@link REMEMBERED_MS} whoever sends it again repeats it. */
  readonly finish: (taken: TakenRequest, nowMs: number) => Promise<Remembered>;
  /** Not everything is queued, so its sender's repetition may be taken at once. */
  readonly release: (taken: TakenRequest) => Promise<Remembered>;
};

export type RequestKey = {
  readonly connection: string;
  /** SHA-256 in hex of what tells the request from every other one of its connection: see {@link requestDigest}. */
  readonly digest: string;
};

/** Our right to queue a request. `token` is nobody else's. */
export type TakenRequest = RequestKey & { readonly token: string };

export type TakeAnswer =
  | { readonly kind: "taken"; readonly taken: TakenRequest }
  | { readonly kind: "done" }
  /** Another invocation has taken it, and is queueing it or has died: until then nobody else may. */
  | { readonly kind: "in-flight"; readonly untilMs: number }
  | MemoryUnavailable;

/** `code` is that of the table or the network, and safe to log. */
export type MemoryUnavailable = {
  readonly kind: "unavailable";
  readonly code: string;
  /** AWS's id of the call, where it answered. */
  readonly requestId?: string;
};

/** `lost`: it was taken for so long that somebody else has taken it. */
export type Remembered = { readonly kind: "remembered" | "lost" } | MemoryUnavailable;

/** A taken request whose invocation has died may be taken again: 10 s is the function's timeout, a second the clocks'. */
export const TAKEN_MS = 11_000;

/**
 * How long a request that is done is remembered: longer than any signature with a time in it is believed, than any
 * sender goes on repeating, and than `metrics.maxAgeDays: 7`.
 */
export const REMEMBERED_MS = 8 * 86_400_000;

/** What a signature has proven of a request, by which it is known when it comes again. */
export type ReplayIdentity = {
  readonly scheme: "segment" | "standard-webhooks";
  /** The sender's id of the message where the scheme has one, else the signature itself in one spelling. */
  readonly proven: string;
  /** Whether `proven` stands for one body. Otherwise requests of different bodies are different ones. */
  readonly standsFor: "one-body" | "several-bodies";
};

/** @param digest SHA-256 in hex */
export function requestDigest(
  { scheme, proven, standsFor }: ReplayIdentity,
  body: string,
  digest: (text: string) => string,
): string {
  return digest(JSON.stringify([scheme, proven, standsFor === "one-body" ? "" : digest(body)]));
}
