import { type ReadSecrets as ReadSecretsOf, type SecretPorts, secretValue } from "../http/credential.ts";

type LaunchDarklySecret = { readonly accessToken: string };

/** The reader of LaunchDarkly's secrets. */
export type ReadSecrets = ReadSecretsOf<LaunchDarklySecret>;

/**
 * The access token in a secret. `after` is a token that LaunchDarkly has refused: then the secret is read again, at
 * most every 30 s, because it may have been rotated.
 *
 * @throws {Error} naming what is wrong with the secret, after `onProblem` has been told.
 */
export async function accessToken(
  secret: string,
  after: string | undefined,
  ports: SecretPorts<LaunchDarklySecret>,
): Promise<string> {
  const value = await secretValue(secret, after === undefined ? "cached" : "refreshed", ports);
  return value.accessToken;
}
