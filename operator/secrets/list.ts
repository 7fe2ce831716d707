import { readJson } from "../../lib/json.ts";
import type { Bundle } from "../bundle.ts";
import { namedSecrets } from "./named.ts";

export type ListedSecret = {
  readonly name: string;
  readonly usedBy: readonly string[];
  /** `empty`: there, and not filled yet. `wrong`: not of the shape that its users read. */
  readonly state: "ok" | "empty" | "wrong" | "missing";
  /** When its value was written; null when it has none, or nobody knows. */
  readonly changedAt: string | null;
  /** What is wrong with its value, which is not quoted. */
  readonly problems: readonly string[];
};

export type ReadStored = (
  fullName: string,
) => Promise<
  | { readonly kind: "text"; readonly text: string; readonly changedAt: Date | undefined }
  | { readonly kind: "empty" }
  | { readonly kind: "missing" }
>;

/** The state of every secret that connections.yml names. */
export async function listSecrets(
  { connections, secretPrefix }: Pick<Bundle, "connections" | "secretPrefix">,
  read: ReadStored,
): Promise<readonly ListedSecret[]> {
  return Promise.all(
    namedSecrets(connections).map(async ({ name, usedBy, problemsOf }): Promise<ListedSecret> => {
      const stored = await read(secretPrefix + name);
      if (stored.kind !== "text") return { name, usedBy, state: stored.kind, changedAt: null, problems: [] };
      const value = readJson(stored.text);
      const problems = value === undefined ? ["expected JSON"] : problemsOf(value);
      const changedAt = stored.changedAt?.toISOString() ?? null;
      return { name, usedBy, state: problems.length === 0 ? "ok" : "wrong", changedAt, problems };
    }),
  );
}
