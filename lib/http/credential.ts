/** A reader of secrets of one shape: one answer per name, whose problem is safe to log. */
export type ReadSecrets<Value> = (
  names: readonly string[],
  freshness: "cached" | "refreshed",
) => Promise<
  ReadonlyMap<
    string,
    | { readonly kind: "usable"; readonly value: Value }
    | { readonly kind: "unusable"; readonly problem: string }
  >
>;

export type SecretPorts<Value> = {
  readonly readSecrets: ReadSecrets<Value>;
  readonly onProblem: (problem: string) => void;
};

/**
 * What is in a secret. `refreshed` reads it again, at most every 30 s, because it may have been rotated.
 *
 * @throws {Error} naming what is wrong with the secret, after `onProblem` has been told.
 */
export async function secretValue<Value>(
  secret: string,
  freshness: "cached" | "refreshed",
  ports: SecretPorts<Value>,
): Promise<Value> {
  const answers = await ports.readSecrets([secret], freshness);
  const answer = answers.get(secret);
  if (answer?.kind === "usable") return answer.value;
  const problem = answer?.problem ?? `secret "${secret}" was not read`;
  ports.onProblem(problem);
  throw new Error(problem);
}

/** Whether another credential has taken the place of one that was refused. `read` gives the one of now. */
export async function wasReplaced(
  refused: string,
  read: (after: string) => Promise<string>,
): Promise<boolean> {
  try {
    return (await read(refused)) !== refused;
  } catch {
    return false;
  }
}
