import { expect, test } from "vitest";
import { describeFailure } from "./failure.ts";

const failed = (name: string, message: string, more: object = {}) =>
  Object.assign(new Error(message), { name, ...more });
const settings = { region: "eu-central-1", profile: "prod" };

test.each([
  [
    "a session of SSO that is over",
    failed("CredentialsProviderError", "The SSO session associated with this profile has expired."),
    "aws sso login --profile prod",
  ],
  ["credentials that have expired", failed("ExpiredTokenException", "no"), "aws sso login --profile prod"],
  ["a limit", failed("ThrottlingException", "Rate exceeded"), "run the command again in a minute"],
  [
    "a region that is none",
    failed("Error", "getaddrinfo ENOTFOUND sqs.mars-1.amazonaws.com", { code: "ENOTFOUND" }),
    "is the region right",
  ],
  [
    "a stack that has stopped",
    failed("TypeError", "fetch failed", { cause: failed("Error", "no", { code: "ECONNREFUSED" }) }),
    "does the local stack still run",
  ],
  ["anything else", failed("RangeError", "too far"), "It failed: RangeError: too far"],
])("%s is told with what to do", (_, error, words) => {
  expect(describeFailure(error, settings)).toContain(words);
});
