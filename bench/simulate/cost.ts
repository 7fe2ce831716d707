import type { Outcome } from "./model.ts";

/** List prices in US dollars, us-east-1, arm64, without free tiers, as of 2026-11-26. */
export const PRICES = [
  {
    name: "apiRequest",
    value: 1 / 1e6,
    of: "API Gateway, HTTP API, a request of up to 512 KB",
    url: "https://aws.amazon.com/api-gateway/pricing/",
  },
  {
    name: "lambdaRequest",
    value: 0.2 / 1e6,
    of: "Lambda, an invocation",
    url: "https://aws.amazon.com/lambda/pricing/",
  },
  {
    name: "lambdaGbSecond",
    value: 0.000_013_333_4,
    of: "Lambda, a second of 1,024 MB",
    url: "https://aws.amazon.com/lambda/pricing/",
  },
  {
    name: "sqsRequest",
    value: 0.4 / 1e6,
    of: "SQS, a request for each 64 KB",
    url: "https://aws.amazon.com/sqs/pricing/",
  },
  {
    name: "writeUnit",
    value: 0.625 / 1e6,
    of: "DynamoDB on demand, a write of up to 1 KB",
    url: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  },
  {
    name: "readUnit",
    value: 0.125 / 1e6,
    of: "DynamoDB on demand, a strongly consistent read of up to 4 KB",
    url: "https://aws.amazon.com/dynamodb/pricing/on-demand/",
  },
  {
    name: "logGb",
    value: 0.5,
    of: "CloudWatch Logs, a GB taken in",
    url: "https://aws.amazon.com/cloudwatch/pricing/",
  },
] as const;

type PriceName = (typeof PRICES)[number]["name"];

const price = Object.fromEntries(PRICES.map(({ name, value }) => [name, value])) as Record<PriceName, number>;

/** The log line and the line of metrics that an invocation writes, with Lambda's own three. */
const LOG_BYTES = 1_400;

export type Cost = {
  readonly rows: readonly (readonly [string, number])[];
  readonly total: number;
  readonly logs: number;
};

/** What an outcome costs at list price. */
export function costOf(outcome: Outcome): Cost {
  const rows = [
    ["API Gateway", outcome.requests * price.apiRequest],
    [
      "Lambda, ingest",
      outcome.requests * price.lambdaRequest + (outcome.ingestMs / 1_000) * price.lambdaGbSecond,
    ],
    [
      "Lambda, audience-batcher",
      outcome.invocations * price.lambdaRequest + (outcome.batcherMs / 1_000) * price.lambdaGbSecond,
    ],
    ["SQS", (outcome.messageChunks + outcome.receives) * price.sqsRequest],
    ["DynamoDB, reads", outcome.ledgerReads * price.readUnit],
    ["DynamoDB, writes", outcome.ledgerWrites * price.writeUnit],
  ] as const;
  return {
    rows,
    total: rows.reduce((sum, [, dollars]) => sum + dollars, 0),
    logs: ((outcome.requests + outcome.invocations) * LOG_BYTES * price.logGb) / 1e9,
  };
}
