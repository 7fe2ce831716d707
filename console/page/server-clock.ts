/** By how much the clock of the server is ahead of this browser's, ms. */
let aheadMs = 0;

/**
 * Learns it from the `Date` of an answer: what is shown was timed by the server, and a browser whose clock is days off would
 * take another day for today.
 */
export function noteServerDate(date: string | null, browserMs: number): void {
  const serverMs = Date.parse(date ?? "");
  if (!Number.isNaN(serverMs)) aheadMs = serverMs - browserMs;
}

export function serverNow(browserMs: number): Date {
  return new Date(browserMs + aheadMs);
}
