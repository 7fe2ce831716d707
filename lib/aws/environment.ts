/** What is different between the services of AWS that speak JSON. */
export type AwsService = {
  /** In the name of the variable with another endpoint, `AWS_ENDPOINT_URL_<id>`. */
  readonly id: "SQS" | "SECRETS_MANAGER" | "DYNAMODB";
  /** What signatures and host names call it. */
  readonly name: "sqs" | "secretsmanager" | "dynamodb";
  readonly targetPrefix: string;
  readonly jsonVersion: "1.0" | "1.1";
};

/**
 * Where a service is: `AWS_ENDPOINT_URL_<id>`, `AWS_ENDPOINT_URL`, or its endpoint in the function's region.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function endpointOf({ id, name }: AwsService): string {
  return endpointVariable(id) ?? `https://${name}.${region()}.${domainOf(region())}`;
}

/**
 * Where a queue is: its own URL says so, unless a variable says otherwise.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
 */
export function endpointOfQueue(queueUrl: string): string {
  return endpointVariable("SQS") ?? new URL(queueUrl).origin;
}

export function region(): string {
  const name = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  if (!name) throw new Error("AWS_REGION is not set: outside Lambda, set it (us-east-1 for the local stack)");
  return name;
}

/**
 * Lambda puts a function's credentials in its environment; nothing else is looked at. With `AWS_SESSION_TOKEN` when
 * they belong to a role.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export async function credentials(): Promise<Credentials> {
  const accessKeyId = process.env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = process.env.AWS_SECRET_ACCESS_KEY;
  const sessionToken = process.env.AWS_SESSION_TOKEN;
  if (!accessKeyId || !secretAccessKey) {
    throw new Error(
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: outside Lambda, set both (any text for the local stack)",
    );
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

function endpointVariable(id: AwsService["id"]): string | undefined {
  return process.env[`AWS_ENDPOINT_URL_${id}`] || process.env.AWS_ENDPOINT_URL || undefined;
}

/** GovCloud has the domain of the other regions. https://docs.aws.amazon.com/general/latest/gr/rande.html */
function domainOf(name: string): string {
  if (name.startsWith("cn-")) return "amazonaws.com.cn";
  if (name.startsWith("eusc-")) return "amazonaws.eu";
  return "amazonaws.com";
}
