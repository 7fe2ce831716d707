import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { clientSettings } from "./client-settings.ts";
import { namesEndpointOfQueues } from "./environment.ts";

/** Where a local stack has its emulators. Nothing of it is secret: the emulators take any credentials. */
export type LocalEndpoints = {
  readonly sqs: string;
  readonly dynamodb: string;
  readonly secretsManager: string;
  readonly lambda: string;
};

/** Whose credentials: the SDK's whole chain with a profile, or those of the emulators. */
export type ClientsFor =
  | { readonly kind: "aws"; readonly region: string; readonly profile: string | undefined }
  | { readonly kind: "local"; readonly region: string; readonly endpoints: LocalEndpoints };

export type OperatorClients = {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  readonly secretsManager: SecretsManagerClient;
  readonly lambda: LambdaClient;
  /** Waits for as long as a function may run, and invokes once. */
  readonly invoking: LambdaClient;
  readonly cloudFormation: CloudFormationClient;
  readonly cloudWatch: CloudWatchClient;
};

/**
 * A person waits and nothing else runs out of time: calls are repeated for longer than in a function, and throttling is waited
 * out. Many calls run side by side, as a backfill sends.
 */
const LIMITS = { attempts: 8, connectionTimeoutMs: 5_000, timeoutMs: 20_000, maxSockets: 64 };

/** Longer than any function's timeout: 60 s. A second attempt would run the function a second time. */
const INVOKING = { attempts: 1, connectionTimeoutMs: 5_000, timeoutMs: 90_000, maxSockets: 4 };

/** The AWS clients of the operator's tools. They open no connection before their first call. */
export function openOperatorClients(given: ClientsFor): OperatorClients {
  const { region } = given;
  const common = { ...clientSettings(LIMITS), region };
  const of = (service: keyof LocalEndpoints) =>
    given.kind === "local"
      ? { ...common, endpoint: given.endpoints[service], credentials: EMULATORS }
      : { ...common, ...(given.profile !== undefined && { profile: given.profile }) };
  const aws = { ...common, ...(given.kind === "aws" && given.profile && { profile: given.profile }) };
  return {
    sqs: new SQSClient({
      ...of("sqs"),
      md5: false,
      useQueueUrlAsEndpoint: given.kind === "aws" && !namesEndpointOfQueues(),
    }),
    dynamodb: new DynamoDBClient(of("dynamodb")),
    secretsManager: new SecretsManagerClient(of("secretsManager")),
    lambda: new LambdaClient(of("lambda")),
    invoking: new LambdaClient({ ...of("lambda"), ...clientSettings(INVOKING) }),
    cloudFormation: new CloudFormationClient(aws),
    cloudWatch: new CloudWatchClient(aws),
  };
}

const EMULATORS = { accessKeyId: "local", secretAccessKey: "local" };
