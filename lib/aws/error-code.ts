/** What went wrong in a call, in one word that is safe to log: AWS's name of it, or Node's code of a network fault. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "Unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
