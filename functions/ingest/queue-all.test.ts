import { expect, test } from "vitest";
import { checkConnections } from "../../lib/connections/load.ts";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import { ingestInMemory, usable } from "../../test/support/ingest-request.ts";

const operation = { segment: { id: "beta" }, contextKey: "u1", action: "add" };
const event = { key: "bought", contextKeys: { user: "u1" }, id: "order-1" };

function connectionsTo(audiences: readonly string[], metrics: readonly string[], rules: object = {}) {
  const checked = checkConnections({
    launchdarkly: {
      production: { clientSideId: "prod", secret: "production" },
      staging: { clientSideId: "stage", secret: "staging" },
    },
    connections: {
      own: {
        source: "flagbridge",
        secret: "own",
        audiences: { to: audiences, ...rules },
        metrics: { to: metrics },
      },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  return checked.connections;
}

const secrets = { own: usable({ tokens: ["token"] }) };
const request = {
  path: "/c/own",
  headers: { authorization: "Bearer token" },
  body: JSON.stringify({ audienceOperations: [operation], metricEvents: [event] }),
};

test("each destination gets a message of its own, and all of them the same one", async () => {
  const connections = connectionsTo(["production", "staging"], ["staging"]);
  const { call, held } = ingestInMemory({ connections, secrets });
  const { status, record } = await call(request);
  expect(status).toBe(200);
  expect(record).toMatchObject({ messages: 3 });
  expect(held.map(({ queue }) => queue)).toEqual([
    { kind: "audience-operations", destination: "production" },
    { kind: "audience-operations", destination: "staging" },
    { kind: "metric-events", destination: "staging" },
  ]);
  expect(held[1]?.bodies).toEqual(held[0]?.bodies);
  expect(held.every(({ bodies }) => bodies.length === 1)).toBe(true);
});

test("an audience goes to its own environments alone, and the others to all", async () => {
  const byAudience = { beta: { to: ["staging"] }, none: { to: ["production"] } };
  const connections = connectionsTo(["production", "staging"], ["staging"], { byAudience });
  const { call, held } = ingestInMemory({ connections, secrets });
  const audienceOperations = [operation, { ...operation, segment: { id: "gamma" } }];
  const { status, record } = await call({ ...request, body: JSON.stringify({ audienceOperations }) });
  expect(status).toBe(200);
  expect(record).toMatchObject({ accepted: 2, messages: 2 });
  const sent = held.map(({ queue, bodies }) => [
    queue.destination,
    bodies.flatMap((body) => operationsOf(audienceOperationsMessage.parse(JSON.parse(body)))),
  ]);
  expect(sent).toMatchObject([
    ["production", [{ segment: { id: "gamma" } }]],
    ["staging", [{ segment: { id: "beta" } }, { segment: { id: "gamma" } }]],
  ]);

  await call({ ...request, body: JSON.stringify({ audienceOperations: [operation] }) });
  expect(held.map(({ bodies }) => bodies.length)).toEqual([1, 2]);
});

test("nothing is answered as taken while one of the destinations' queues has not confirmed it", async () => {
  const connections = connectionsTo(["production", "staging"], ["production"]);
  const { call } = ingestInMemory({
    connections,
    secrets,
    send: async ({ queue: { destination }, bodies }) =>
      bodies.map(() =>
        destination === "staging"
          ? { kind: "failed", code: "AWS.SimpleQueueService.NonExistentQueue" }
          : { kind: "confirmed" },
      ),
  });
  const { status, record } = await call(request);
  expect(status).toBe(503);
  expect(record).toMatchObject({
    code: "queue_unavailable",
    causes: ["AWS.SimpleQueueService.NonExistentQueue"],
  });
});
