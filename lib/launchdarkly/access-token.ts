/** The reader of LaunchDarkly's secrets: one answer per name, whose problem is safe to log. */
export type ReadSecrets = (
  names: readonly string[],
  freshness: "cached" | "refreshed",
) => Promise<
  ReadonlyMap<
    string,
    | { readonly kind: "usable"; readonly value: { readonly accessToken: string } }
    | { readonly kind: "unusable"; readonly problem: string }
  >
>;

/**
 * The access token in a secret. `after` is a token that LaunchDarkly has refused: then the secret is read again, at
 * most every 30 s, because it may have been rotated.
 *
 * @throws {Error} naming what is wrong with the secret, after `onProblem` has been told.
 */
export async function accessToken(
  secret: string,
  after: string | undefined,
  ports: { readonly readSecrets: ReadSecrets; readonly onProblem: (problem: string) => void },
): Promise<string> {
  const answers = await ports.readSecrets([secret], after === undefined ? "cached" : "refreshed");
  const answer = answers.get(secret);
  if (answer?.kind === "usable") return answer.value.accessToken;
  const problem = answer?.problem ?? `secret "${secret}" was not read`;
  ports.onProblem(problem);
  throw new Error(problem);
}
