/** Longer than API Gateway waits for ingest. */
const LONGEST_MS = 35_000;

/** Sends a sample to the bundle, as its vendor does. */
export async function post(
  url: string,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(LONGEST_MS) });
  return { status: answer.status, text: await answer.text() };
}
