import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  GetQueueAttributesCommand,
  ListQueuesCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { type Account, REGION, SERVICE, STAGE } from "../../dev/emulated/deployment.ts";

/** What the tests look at in the account, by AWS's own clients. */
export type Clients = {
  /** The names of the stage's queues, without what stands before each of them. */
  readonly queueNames: () => Promise<readonly string[]>;
  /** How many messages wait or are in flight in queues of these names. */
  readonly messagesIn: (names: readonly string[]) => Promise<number>;
  /** How long a message that was received stays away from others. */
  readonly setVisibility: (queueName: string, seconds: number) => Promise<void>;
  readonly secret: (name: string) => Promise<unknown>;
  readonly ledger: () => Promise<readonly unknown[]>;
  readonly close: () => void;
};

const PREFIX = `${SERVICE}-${STAGE}-`;

export function openClients({ emulator }: Pick<Account, "emulator">): Clients {
  const config = {
    endpoint: emulator.endpoint,
    region: REGION,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  const sqs = new SQSClient(config);
  const secrets = new SecretsManagerClient(config);
  const tables = new DynamoDBClient(config);
  const urlOf = (name: string) => `${emulator.endpoint}/000000000000/${PREFIX}${name}`;
  return {
    queueNames: async () => {
      const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: PREFIX }));
      return QueueUrls.map((url) => url.slice(url.lastIndexOf("/") + 1 + PREFIX.length));
    },
    messagesIn: async (names) => {
      const counts = await Promise.all(
        names.map(async (name) => {
          const { Attributes = {} } = await sqs.send(
            new GetQueueAttributesCommand({ QueueUrl: urlOf(name), AttributeNames: ["All"] }),
          );
          const parts = ["", "NotVisible", "Delayed"] as const;
          return parts.reduce(
            (sum, part) => sum + Number(Attributes[`ApproximateNumberOfMessages${part}`]),
            0,
          );
        }),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },
    setVisibility: async (queueName, seconds) => {
      const Attributes = { VisibilityTimeout: String(seconds) };
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl: urlOf(queueName), Attributes }));
    },
    secret: async (name) => {
      const SecretId = `${SERVICE}/${STAGE}/${name}`;
      const { SecretString = "" } = await secrets.send(new GetSecretValueCommand({ SecretId }));
      return JSON.parse(SecretString);
    },
    ledger: async () => {
      const { Items = [] } = await tables.send(new ScanCommand({ TableName: `${PREFIX}ledger` }));
      return Items;
    },
    close: () => {
      for (const client of [sqs, secrets, tables]) client.destroy();
    },
  };
}
