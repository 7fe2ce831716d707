/**
 * A secret as its reader returns it. `problem` names the secret, says what is wrong and which command sets it, and is safe to
 * log: it never contains a part of the value.
 */
export type SecretAnswer<Value> =
  | { readonly kind: "usable"; readonly value: Value }
  /** A person has to do something about it. */
  | { readonly kind: "unusable"; readonly problem: string }
  /** Nothing is known of it: it is read again by itself. */
  | { readonly kind: "unreachable"; readonly problem: string };

/** `refreshed` reads a secret again unless it was refreshed within the last 30 s. It is for after a 401, given or received. */
export type Freshness = "cached" | "refreshed";

/** Reads secrets of one shape: one answer per name asked for. Never rejects. */
export type ReadSecrets<Value> = (
  names: readonly string[],
  freshness: Freshness,
) => Promise<ReadonlyMap<string, SecretAnswer<Value>>>;

export type SecretPorts<Value> = {
  readonly readSecrets: ReadSecrets<Value>;
  readonly onProblem: (problem: string) => void;
};

/** A secret could not be read for a reason that passes by itself: nobody has to wait for a person. */
export class SecretUnreachable extends Error {}

/**
 * Returns the value of a secret. `refreshed` reads it again, at most every 30 s, because it may have been rotated.
 *
 * @throws {Error} naming what is wrong with the secret, after `onProblem` has been told; {@link SecretUnreachable} where that
 * passes by itself.
 */
export async function secretValue<Value>(
  secret: string,
  freshness: Freshness,
  ports: SecretPorts<Value>,
): Promise<Value> {
  const answers = await ports.readSecrets([secret], freshness);
  const answer = answers.get(secret);
  if (answer?.kind === "usable") return answer.value;
  const problem = answer?.problem ?? `secret "${secret}" was not read`;
  ports.onProblem(problem);
  throw answer?.kind === "unreachable" ? new SecretUnreachable(problem) : new Error(problem);
}

/** Whether the secret has another credential than the refused one. `read` returns the current credential. */
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
