import { afterEach, expect, test } from "vitest";
import {
  type Answers,
  type AskedServer,
  askedServer,
  connectionsOf,
  ENVIRONMENT,
  PLACE,
} from "../../test/support/doctor-environment.ts";
import { metricsCheck } from "./metrics.ts";

let server: AskedServer | undefined;
afterEach(() => server?.close());

const METRICS = "GET /api/v2/metrics/default";
const metric = (eventKey: string, more: object = {}) => ({
  key: `m-${eventKey}`,
  kind: "custom",
  eventKey,
  randomizationUnits: ["user"],
  ...more,
});

async function lineWith(settings: string, answers: Answers) {
  server = await askedServer({ [PLACE]: ENVIRONMENT, ...answers });
  const { connections } = connectionsOf(`
launchdarkly:
  production: { clientSideId: client-side-id, secret: launchdarkly }
connections:
  own: { source: segment, secret: own, metrics: { to: [production], ${settings} } }
`);
  const metrics = connections.own?.metrics;
  if (!metrics) throw new Error("no metrics");
  const [line] = await metricsCheck(server.environment, { name: "own", metrics }).run();
  return line;
}

test.each<[string, string, readonly object[], string, RegExp]>([
  ["a metric that listens is ok", "only: [Paid]", [metric("Paid")], "ok", /"Paid" of context kind "user"/],
  ["without `only` any active metric will do", "", [metric("Paid")], "ok", /"Paid"/],
  ["no metric at all has failed", "", [], "failed", /no active metric/],
  ["an archived one is none", "", [metric("Paid", { archived: true })], "failed", /no active metric/],
  ["one of another kind is none", "", [{ key: "k", kind: "pageview" }], "failed", /no active metric/],
  ["one for another event is none", "only: [Paid]", [metric("Left")], "failed", /listens to "Paid"/],
  [
    "one for another randomization unit has failed and says both",
    "contextKind: account",
    [metric("Paid")],
    "failed",
    /of context kind "account", and the metrics that listen to "Paid" count "user"/,
  ],
  [
    "one that names no unit counts users",
    "",
    [metric("Paid", { randomizationUnits: undefined })],
    "ok",
    /"Paid"/,
  ],
  [
    "a kind of contextKeys counts",
    "contextKeys: { account: groupId, user: userId }",
    [metric("Paid", { randomizationUnits: ["account"] })],
    "ok",
    /"account" and "user"/,
  ],
  [
    "a renamed event is looked for by its new name",
    "only: [Paid], rename: { Paid: paid }",
    [metric("paid")],
    "ok",
    /"paid"/,
  ],
  [
    "an event beside it that no metric counts is a warning",
    "only: [Paid, Left]",
    [metric("Paid")],
    "warning",
    /none counts "Left"/,
  ],
])("%s", async (_name, settings, items, status, found) => {
  const line = await lineWith(settings, { [METRICS]: { items } });
  expect(line).toMatchObject({
    id: "metrics.listened",
    subject: "connections.own → launchdarkly.production",
    status,
  });
  expect(line?.found).toMatch(found);
});

test("every page of metrics is read", async () => {
  const page = (from: number, count: number) => ({
    items: Array.from({ length: count }, (_, index) => metric(`event-${from + index}`)),
  });
  const line = await lineWith("only: [event-60]", {
    [`${METRICS}?limit=50&offset=0`]: page(0, 50),
    [`${METRICS}?limit=50&offset=50`]: page(50, 20),
  });
  expect(line).toMatchObject({ status: "ok" });
});

test.each<[string, Answers, RegExp]>([
  ["a token that may not see metrics", { [METRICS]: { status: 403 } }, /viewing metrics/],
  ["an answer that is not as documented", { [METRICS]: { metrics: [] } }, /not as documented/],
  ["an environment that was not found", { [PLACE]: { status: 404 } }, /environment was not found/],
])("%s leaves it skipped", async (_name, answers, found) => {
  const line = await lineWith("", answers);
  expect(line).toMatchObject({ status: "skipped" });
  expect(line?.found).toMatch(found);
});
