import { type Account, REGION } from "../../dev/emulated/deployment.ts";

const ANYTHING = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
});

/** Makes a key, a certificate and a boundary in the account; gives what `sls` takes for all that a platform team sets, as `name=value`. */
export async function platformParameters({ aws }: Pick<Account, "aws">): Promise<readonly string[]> {
  const text = (query: string) => ["--query", query, "--output", "text"];
  const policy = ["--policy-name", "boundary", "--policy-document", ANYTHING];
  const boundary = await aws(["iam", "create-policy", ...policy, ...text("Policy.Arn")]);
  const key = await aws(["kms", "create-key", "--region", REGION, ...text("KeyMetadata.Arn")]);
  const name = ["--domain-name", "events.example.com", "--region", REGION];
  const certificate = await aws(["acm", "request-certificate", ...name, ...text("CertificateArn")]);
  return [
    `permissionsBoundaryArn=${boundary}`,
    `kmsKeyArn=${key}`,
    "domainName=events.example.com",
    `certificateArn=${certificate}`,
    "accessLog=none",
    "deploymentBucketVersioning=true",
    "stackTags=team=growth",
    "tracing=Active",
    "rollbackOnAlarmMinutes=15",
  ];
}
