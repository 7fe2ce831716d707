"use strict";

const { GetPolicyCommand, IAMClient } = require("@aws-sdk/client-iam");

/** `sls package` needs no network: where there is none, it goes on soon. */
const LIMITS = { connectionTimeout: 2_000, requestTimeout: 5_000 };

/**
 * Whether IAM has the policy: `{ kind: "there" }`, `{ kind: "missing" }`, or `{ kind: "unknown", reason }` where the credentials do not
 * allow the question, are none, or nobody answers.
 */
async function boundaryState(clientConfig, arn) {
  try {
    const client = new IAMClient({ ...(await clientConfig()), maxAttempts: 1, requestHandler: LIMITS });
    await client.send(new GetPolicyCommand({ PolicyArn: arn }));
    return { kind: "there" };
  } catch (error) {
    if (/^NoSuchEntity/.test(error.name)) return { kind: "missing" };
    return { kind: "unknown", reason: `${error.name}: ${error.message}` };
  }
}

module.exports = { boundaryState };
