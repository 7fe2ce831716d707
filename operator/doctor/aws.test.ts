import { expect, test } from "vitest";
import { destinationQueues } from "../../lib/connections/queues.ts";
import { connectionsOf } from "../../test/support/doctor-environment.ts";
import { bundleQueue } from "../bundle.ts";
import { type AwsPorts, awsChecks } from "./aws.ts";

const connections = connectionsOf(`
launchdarkly:
  production: { clientSideId: one, secret: launchdarkly }
connections:
  own: { source: flagbridge, secret: own, audiences: { to: [production] }, metrics: { to: [production] } }
`);
const namePrefix = "flagbridge-prod-";
const arnPrefix = "arn:aws:sqs:eu-west-1:1:";
const queues = destinationQueues(connections).map((queue) =>
  bundleQueue(queue, { namePrefix, arnPrefix, urlOf: (name) => `https://sqs/${name}` }),
);
const bundle = {
  connections,
  queues,
  namePrefix,
  tables: { ledger: "ledger", cursors: "cursors", replays: "replays" },
};

function error(name: string): Error {
  return Object.assign(new Error(name), { name });
}

const mappingOf = (functionName: string, state = "Enabled") => ({
  queueArn: `${arnPrefix}${namePrefix}${functionName.endsWith("batcher") ? "audience-operations" : "metric-events"}-production`,
  state,
  maximumConcurrency: 2,
});

const WELL: AwsPorts = {
  countQueue: async () => ({}),
  eventSources: { of: async (functionName) => [mappingOf(functionName)] },
  tableState: async () => "ACTIVE",
  reservedConcurrency: async () => undefined,
  alarmActions: async () => [{ name: `${namePrefix}ingest-5xx`, actions: 1 }],
};

test.each<[string, string, Partial<AwsPorts>, string, RegExp]>([
  ["queues that are there are ok", "aws.queues", {}, "ok", /all 2 queues/],
  [
    "a dead-letter queue that is not there has failed",
    "aws.queues",
    {
      countQueue: async (url) => {
        if (url.endsWith("-dead-letters")) throw error("QueueDoesNotExist");
      },
    },
    "failed",
    /audience-operations-production-dead-letters and .*metric-events-production-dead-letters/,
  ],
  [
    "a right that is missing is named",
    "aws.queues",
    {
      countQueue: async () => {
        throw error("AccessDenied");
      },
    },
    "skipped",
    /sqs:GetQueueAttributes/,
  ],
  ["functions that read are ok", "aws.event-sources", {}, "ok", /audience-batcher and metric-forwarder/],
  [
    "a paused one has failed",
    "aws.event-sources",
    {
      eventSources: {
        of: async (name) => [mappingOf(name, name.endsWith("batcher") ? "Disabled" : "Enabled")],
      },
    },
    "failed",
    /paused: audience-batcher of audience-operations-production/,
  ],
  [
    "one on the way is a warning",
    "aws.event-sources",
    { eventSources: { of: async (name) => [mappingOf(name, "Enabling")] } },
    "warning",
    /Enabling/,
  ],
  [
    "a queue that nobody reads has failed",
    "aws.event-sources",
    { eventSources: { of: async () => [] } },
    "failed",
    /no function reads/,
  ],
  ["active tables are ok", "aws.tables", {}, "ok", /ledger, cursors and replays/],
  [
    "a missing table has failed",
    "aws.tables",
    { tableState: async (table) => (table === "ledger" ? undefined : "ACTIVE") },
    "failed",
    /not there: ledger/,
  ],
  [
    "a table that changes is a warning",
    "aws.tables",
    { tableState: async () => "UPDATING" },
    "warning",
    /UPDATING/,
  ],
  ["no reserved concurrency is ok", "aws.concurrency", {}, "ok", /nothing is reserved/],
  ["enough of it is ok", "aws.concurrency", { reservedConcurrency: async () => 10 }, "ok", /10 for ingest/],
  [
    "too little for the queues is a warning",
    "aws.concurrency",
    { reservedConcurrency: async () => 1 },
    "warning",
    /audience-batcher has 1, and its queues may use 2/,
  ],
  [
    "none at all has failed",
    "aws.concurrency",
    { reservedConcurrency: async () => 0 },
    "failed",
    /no invocation is allowed/,
  ],
  ["alarms that tell somebody are ok", "aws.alarms", {}, "ok", /1 alarms/],
  [
    "alarms that tell nobody are a warning",
    "aws.alarms",
    {
      alarmActions: async () => [
        { name: `${namePrefix}ingest-5xx`, actions: 0 },
        { name: `${namePrefix}x`, actions: 1 },
      ],
    },
    "warning",
    /1 of 2 alarms tell nobody: ingest-5xx/,
  ],
  ["no alarms at all are a warning", "aws.alarms", { alarmActions: async () => [] }, "warning", /no alarms/],
  [
    "on the local stack they are skipped",
    "aws.alarms",
    { alarmActions: undefined },
    "skipped",
    /local stack/,
  ],
])("%s", async (_name, id, ports, status, found) => {
  const check = awsChecks(bundle, { ...WELL, ...ports }).find(({ title }) => title === id);
  const [line] = (await check?.run()) ?? [];
  expect(line).toMatchObject({ id, subject: "aws", status });
  expect(line?.found).toMatch(found);
  expect(line?.fix === "").toBe(status === "ok");
});

test("a queue of connections.yml that the stack has not is missing", async () => {
  const [check] = awsChecks({ ...bundle, queues: queues.slice(0, 1) }, WELL);
  expect((await check?.run())?.[0]).toMatchObject({
    status: "failed",
    found: expect.stringContaining("flagbridge-prod-metric-events-production"),
  });
});
