import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { describe, expect, test, vi } from "vitest";
import * as z from "zod";
import type { Feed } from "../functions/audit-log-sweeper/destinations.ts";
import { recordRun } from "../functions/audit-log-sweeper/record.ts";
import { noTally } from "../functions/audit-log-sweeper/tally.ts";
import { observe } from "../functions/ingest/record.ts";
import type { Fate } from "../lib/delivery/fate.ts";
import { recordFlush } from "../lib/delivery/record-batch.ts";
import { METRICS } from "../lib/observability/fields.ts";
import { metricsTo } from "../lib/observability/metrics.ts";
import { FUNCTION_NAMES } from "../test/support/function-names.ts";
import { packagedProject } from "../test/support/package-once.ts";
import { only, packagedTemplate } from "../test/support/packaged-template.ts";

const root = join(import.meta.dirname, "..");

const dimension = z.object({ Name: z.string(), Value: z.unknown() });
const metric = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(dimension).default([]),
});
const alarm = z.intersection(
  z.object({ AlarmName: z.string(), AlarmDescription: z.string(), TreatMissingData: z.string() }),
  z.union([
    metric,
    z.object({ Metrics: z.array(z.object({ MetricStat: z.object({ Metric: metric }).optional() })) }),
  ]),
);

const template = packagedTemplate(packagedProject(), "prod");
const alarms = template
  .ofType("AWS::CloudWatch::Alarm")
  .map(([, { Properties }]) => alarm.parse(Properties))
  .map((one) => ({ ...one, name: one.AlarmName.replace(/^flagbridge-prod-/, "") }));

const metricsOf = (one: z.output<typeof alarm>) =>
  "Metrics" in one ? one.Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : [])) : [one];
/** Names of the alarms that look at this metric of this thing. */
const alarmsOn = (name: string, value: unknown) =>
  alarms
    .filter((one) =>
      metricsOf(one).some(
        ({ MetricName, Dimensions }) =>
          MetricName === name &&
          Dimensions.some(({ Value }) => JSON.stringify(Value) === JSON.stringify(value)),
      ),
    )
    .map((one) => one.name);

/** Queues that are not the dead-letter queue of another, with that. */
const queues = () =>
  template.ofType("AWS::SQS::Queue").flatMap(([id, { Properties }]) => {
    const redrive = z
      .object({ deadLetterTargetArn: z.object({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) }) })
      .safeParse(Properties.RedrivePolicy);
    const name = String(Properties.QueueName).replace(/^flagbridge-prod-/, "");
    return redrive.success
      ? [{ id, name, deadLetters: redrive.data.deadLetterTargetArn["Fn::GetAtt"][0] }]
      : [];
  });

describe("every queue has an alarm", () => {
  test("when something is in its dead-letter queue", () => {
    for (const { name, deadLetters } of queues()) {
      const queueName = { "Fn::GetAtt": [deadLetters, "QueueName"] };
      expect(alarmsOn("ApproximateNumberOfMessagesVisible", queueName)).toEqual([`${name}-dead-letters`]);
    }
  });

  test("when its oldest message has waited for minutes, and for a day", () => {
    for (const { id, name } of queues()) {
      const queueName = { "Fn::GetAtt": [id, "QueueName"] };
      expect(alarmsOn("ApproximateAgeOfOldestMessage", queueName)).toEqual([
        `${name}-waiting`,
        `${name}-waiting-a-day`,
      ]);
    }
  });

  test("when 80 percent of the messages that SQS lets it have in flight are in flight", () => {
    for (const { id, name } of queues()) {
      const queueName = { "Fn::GetAtt": [id, "QueueName"] };
      expect(alarmsOn("ApproximateNumberOfMessagesNotVisible", queueName)).toEqual([`${name}-in-flight`]);
    }
    const inFlight = template
      .ofType("AWS::CloudWatch::Alarm")
      .filter(([, { Properties }]) => String(Properties.AlarmName).endsWith("-in-flight"));
    for (const [, { Properties }] of inFlight) expect(Properties.Threshold).toBe(96_000);
  });

  test("that tells of what waits only if it has waited in two of three periods", () => {
    const waiting = template
      .ofType("AWS::CloudWatch::Alarm")
      .filter(([, { Properties }]) => /-waiting(-a-day)?$/.test(String(Properties.AlarmName)));
    expect(waiting).toHaveLength(2 * queues().length);
    for (const [, { Properties }] of waiting)
      expect(Properties).toMatchObject({ EvaluationPeriods: 3, DatapointsToAlarm: 2 });
  });

  test("that also looks at what its function has received so often that SQS does not count it", () => {
    for (const { id, name } of queues()) {
      const consumer = template
        .ofType("AWS::Lambda::EventSourceMapping")
        .find(([, { Properties }]) => JSON.stringify(Properties.EventSourceArn).includes(`"${id}"`))?.[1];
      const functionId = z
        .object({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) })
        .parse(consumer?.Properties.FunctionName)["Fn::GetAtt"][0];
      const service = String(template.resources[functionId]?.Properties.FunctionName).replace(
        /^flagbridge-prod-/,
        "",
      );
      expect(alarmsOn(METRICS.oldestRetriedMs, service)).toContain(`${name}-waiting`);
    }
  });
});

test.each(FUNCTION_NAMES)("%s has an alarm for errors and one for throttles", (name) => {
  const [id] = template
    .ofType("AWS::Lambda::Function")
    .find(([, { Properties }]) => Properties.FunctionName === `flagbridge-prod-${name}`) ?? [""];
  expect(alarmsOn("Errors", { Ref: id })).toEqual([`${name}-errors`]);
  expect(alarmsOn("Throttles", { Ref: id })).toEqual([`${name}-throttles`]);
});

test("every destination has an alarm for each way of refusing us, by function, destination and status", () => {
  const destinations = globSync("functions/**/*.ts", {
    cwd: root,
    exclude: ["**/*.test.ts", "**/*.simulation.ts"],
  }).flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/\b(?:service:|destination =) "([^"]+)"/g)].map(
      ([, name = ""]) => name,
    ),
  );
  expect(new Set(destinations).size).toBe(4);
  for (const destination of new Set(destinations)) {
    expect(alarmsOn(METRICS.requests, destination)).toEqual(
      ["400", "401", "403", "404", "429"].map((status) => `${destination}-${status}`),
    );
  }
});

test("there are as many as docs/deploy.md says, looking at as many metrics", () => {
  const page = readFileSync(join(root, "docs/deploy.md"), "utf8");
  expect(page).toContain(`The ${alarms.length} alarms look at ${alarms.flatMap(metricsOf).length} metrics`);
});

test("what comes in has its alarms", () => {
  expect(alarms.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "ingest-4xx",
      "ingest-5xx",
      "ingest-unauthorized",
      "ingest-partly-signed",
      "ingest-rejected",
    ]),
  );
});

test("a metric of ours is named as the functions name it, in the stage's namespace", () => {
  const ours = alarms.flatMap(metricsOf).filter(({ Namespace }) => !Namespace.startsWith("AWS/"));
  const written: readonly string[] = Object.values(METRICS);
  for (const { Namespace, MetricName, Dimensions } of ours) {
    expect(Namespace).toBe("flagbridge/prod");
    expect(written).toContain(MetricName);
    expect(FUNCTION_NAMES).toContain(Dimensions.find(({ Name }) => Name === "service")?.Value);
  }
});

test("a metric of ours is looked at by exactly the dimensions with which it is written", () => {
  const written = new Set(dimensionsWritten());
  const ours = alarms.flatMap(metricsOf).filter(({ Namespace }) => !Namespace.startsWith("AWS/"));
  for (const { MetricName, Dimensions } of ours)
    expect(written).toContain([MetricName, ...Dimensions.map(({ Name }) => Name).sort()].join(" "));
});

test("a quiet system is no alarm, and every alarm says what it means and where to read on", () => {
  for (const { AlarmDescription, TreatMissingData } of alarms) {
    expect(TreatMissingData).toBe("notBreaching");
    expect(AlarmDescription).toMatch(/docs\/runbook\.md/);
    expect(AlarmDescription.length).toBeGreaterThan(80);
  }
});

test("the alarm for a sweeper that is gone waits until the stack is there, which a queue that is polled tells", () => {
  const [, gone] =
    template
      .ofType("AWS::CloudWatch::Alarm")
      .find(([, { Properties }]) => Properties.AlarmName === "flagbridge-prod-audit-log-sweeper-gone") ?? [];
  expect(gone?.Properties).toMatchObject({ EvaluationPeriods: 2, DatapointsToAlarm: 2 });
  const { Metrics } = z
    .object({ Metrics: z.array(z.object({ Id: z.string(), Expression: z.string().optional() })) })
    .parse(gone?.Properties);
  expect(Metrics.find(({ Id }) => Id === "gone")?.Expression).toBe(
    "IF(polled > 0 AND FILL(runs, 0) < 1, 1, 0)",
  );
  const polled = alarms.find(({ name }) => name === "audit-log-sweeper-gone");
  expect(polled && metricsOf(polled).flatMap(({ Dimensions }) => Dimensions)).toContainEqual({
    Name: "QueueName",
    Value: "flagbridge-prod-audience-operations-production",
  });
});

test("every alarm has its section in the runbook, and every section its alarms", () => {
  const sections = readFileSync(join(root, "docs/runbook.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("## `"))
    .flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name))
    // Those of `alarms: together` stand beside those of each queue.
    .filter((name) => !name.startsWith("queues-"))
    .flatMap((name) =>
      name.startsWith("{queue}") ? queues().map((queue) => name.replace("{queue}", queue.name)) : [name],
    );
  expect(sections.sort()).toEqual(alarms.map(({ name }) => name).sort());
});

describe("the dashboard", () => {
  const body = z.object({ DashboardBody: z.object({ "Fn::Sub": z.string() }) });
  const widgets = z.object({
    widgets: z.array(
      z.object({
        x: z.number(),
        y: z.number(),
        width: z.number(),
        height: z.number(),
        properties: z.record(z.string(), z.unknown()),
      }),
    ),
  });
  const text = () =>
    body.parse(only(template.ofType("AWS::CloudWatch::Dashboard")).Properties).DashboardBody["Fn::Sub"];
  const shown = () => widgets.parse(JSON.parse(text())).widgets;

  test("shows every queue, function and table, and has every one in what it costs", () => {
    const cost = JSON.stringify(shown().find(({ properties }) => /^Cost/.test(String(properties.title))));
    const names = [
      ...template.ofType("AWS::SQS::Queue").map(([, { Properties }]) => Properties.QueueName),
      ...template.ofType("AWS::Lambda::Function").map(([, { Properties }]) => Properties.FunctionName),
      ...template.ofType("AWS::DynamoDB::Table").map(([, { Properties }]) => Properties.TableName),
      ...template.ofType("AWS::Logs::LogGroup").map(([, { Properties }]) => Properties.LogGroupName),
    ];
    for (const name of names) expect(cost).toContain(`=\\"${name}\\"`);
    for (const { name } of queues()) expect(text().split(`{"label":"${name}"}`)).toHaveLength(5); // waiting, in flight, age, dead letters
    const { length } = template.ofType("AWS::Lambda::Function");
    expect(text().match(/\[\\?"AWS\/Lambda\\?",\\?"Errors\\?"/g)).toHaveLength(length);
  });

  test("shows every metric that the functions write", () => {
    for (const name of Object.values(METRICS)) expect(text()).toContain(name);
  });

  test("shows rejections by connection and code, as they are written", () => {
    const searched = [...text().matchAll(/\{[^,]*,service,connection,code\} MetricName=\\*"(\w+)/g)];
    expect(searched.map(([, name]) => name)).toEqual([METRICS.itemsRejected]);
    expect(dimensionsWritten()).toContain(`${METRICS.itemsRejected} code connection service`);
  });

  test("asks for no more than a SEARCH may hold", () => {
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
    for (const [, query = ""] of text().matchAll(/SEARCH\('(.*?)'/g))
      expect(query.length).toBeLessThan(1_024);
  });

  test("lays nothing over anything else", () => {
    const cells = shown().flatMap(({ x, y, width, height }) => {
      expect(x + width).toBeLessThanOrEqual(24);
      return Array.from(
        { length: width * height },
        (_, at) => `${x + (at % width)},${y + Math.floor(at / width)}`,
      );
    });
    expect(new Set(cells).size).toBe(cells.length);
  });
});

/** Every metric with the names of its dimensions, as the functions write them of a request and a batch with a bit of all. */
function dimensionsWritten(): string[] {
  const lines: string[] = [];
  vi.stubEnv("POWERTOOLS_METRICS_NAMESPACE", "flagbridge/prod");
  vi.stubEnv("POWERTOOLS_SERVICE_NAME", "any");
  const write = vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  const silent = () => {};
  const ports = {
    log: { info: silent, warn: silent, error: silent },
    recordMetrics: metricsTo(new Metrics(), ["shop"]),
  };
  const answered = { requestId: "r", route: "tracking", ms: 1, connection: "shop" } as const;
  observe({ ...answered, status: 200, accepted: 1, rejected: { invalid_item: 1 } }, ports);
  observe({ ...answered, status: 200, accepted: 0, rejected: { invalid_item: 1 } }, ports);
  observe({ ...answered, status: 401, code: "unauthorized" }, ports);
  const fates: readonly Fate[] = [
    { kind: "delivered", how: "applied" },
    { kind: "dead", reason: "refused", cause: "" },
    { kind: "retry", reason: "no-answer", delay: { kind: "backoff" } },
  ];
  const message = { messageId: "m", connection: "shop", fates, acceptedAt: 1, itemTimes: [1, 1, 1] };
  const spent = {
    service: "launchdarkly",
    destination: "production",
    requests: { "204": 1 },
    ms: 1,
    endedAtMs: 2,
  };
  recordFlush("flushed", [message], spent, ports);
  const feed = { connection: "changes", everyMs: 1 } as Feed; // nothing else of it is recorded
  const run = { feed, tally: noTally(), ending: { kind: "not-due" }, sweptUntil: 1 } as const;
  recordRun([run], { requests: {}, ms: 1, nowMs: 10 }, ports);
  write.mockRestore();
  vi.unstubAllEnvs();
  return lines.flatMap((line) =>
    z
      .object({ _aws: z.object({ CloudWatchMetrics: z.array(directive) }) })
      .parse(JSON.parse(line))
      ._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
        Metrics.flatMap(({ Name }) => Dimensions.map((names) => [Name, ...names.sort()].join(" "))),
      ),
  );
}

const directive = z.object({
  Dimensions: z.array(z.array(z.string())),
  Metrics: z.array(z.object({ Name: z.string() })),
});
