const WITH_MS = /\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z\b/g;

/** ISO 8601 to the second, as people read it. Milliseconds are for --json. */
export function shownTime(at: string | number): string {
  if (typeof at === "string") return at.replace(WITH_MS, "$1Z");
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? `${at} ms` : shownTime(date.toISOString());
}
