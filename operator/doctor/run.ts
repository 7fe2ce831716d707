import type { Check, CheckLine } from "./check.ts";

export type Diagnosis = { readonly checks: readonly CheckLine[]; readonly failed: number };

/**
 * Runs checks side by side and returns their lines in the order of the checks. A check that ends with an error has proven nothing:
 * its line says why.
 */
export async function runChecks(
  checks: readonly Check[],
  ports: {
    /** Called after each check, with how many are done. */
    readonly noteDone: (done: number, title: string) => void;
    /** What a person can do about an error. */
    readonly describe: (error: unknown) => string;
  },
): Promise<Diagnosis> {
  let done = 0;
  const lines = await Promise.all(
    checks.map(async ({ title, line, run }) => {
      try {
        return await run();
      } catch (error) {
        return [line.failed("the check itself did not end", ports.describe(error))];
      } finally {
        done += 1;
        ports.noteDone(done, title);
      }
    }),
  );
  const all = lines.flat();
  return { checks: all, failed: all.filter(({ status }) => status === "failed").length };
}
