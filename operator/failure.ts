import { OperatorProblem } from "./problem.ts";

/** What a person can do about an error, in words: never a stack, and never what a call was made with. */
export function describeFailure(
  error: unknown,
  settings: { readonly region: string | undefined; readonly profile: string | undefined },
): string {
  if (!(error instanceof Error)) return "It failed for an unknown reason.";
  if (error instanceof OperatorProblem) return error.message;
  const profile = settings.profile === undefined ? "" : ` --profile ${settings.profile}`;
  if (/SSO|sso/.test(error.message) && /expired|refresh|invalid|login/i.test(error.message))
    return `Your AWS SSO session is over (${error.name}): aws sso login${profile || " --profile PROFILE"}`;
  switch (error.name) {
    case "CredentialsProviderError":
      return (
        `AWS credentials were not found (${error.message}): name a profile with --profile, or set AWS_PROFILE or ` +
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
      );
    case "ExpiredToken":
    case "ExpiredTokenException":
    case "RequestExpired":
      return `Your AWS credentials have expired (${error.name}): get new ones, with SSO by aws sso login${profile || " --profile PROFILE"}`;
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "InvalidSignatureException":
    case "SignatureDoesNotMatch":
      return `AWS does not accept your credentials (${error.name}): check which they are with aws sts get-caller-identity${profile}`;
    case "AccessDenied":
    case "AccessDeniedException":
    case "AuthorizationError":
      return `AWS refuses a right that this command needs: ${error.message}`;
    default:
      if (isThrottling(error))
        return `AWS keeps limiting the calls (${error.name}): run the command again in a minute.`;
      return notReached(error) ?? `It failed: ${error.name}: ${error.message}`;
  }
}

/** https://nodejs.org/api/errors.html#common-system-errors */
function notReached(error: Error): string | undefined {
  const { cause } = error;
  const both = [error, ...(cause instanceof Error ? [cause] : [])];
  const code = both.flatMap((one) => ("code" in one && typeof one.code === "string" ? [one.code] : []))[0];
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `There is no such address (${code}): is the region right, and can this machine reach AWS? ${error.message}`;
    case "ECONNREFUSED":
    case "ECONNRESET":
    case "EPIPE":
    case "ETIMEDOUT":
      return `The connection ended (${code}): does the local stack still run, or can this machine reach AWS? Run the command again.`;
    default:
      return undefined;
  }
}

function isThrottling({ name }: Error): boolean {
  return /Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded/.test(name);
}
