import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { packagedProject } from "../test/support/package-once.ts";
import { packagedTemplate } from "../test/support/packaged-template.ts";

const { rollbackTriggers, WATCHED } = createRequire(import.meta.url)("./rollback-triggers.cjs");

const template = { Resources: packagedTemplate(packagedProject(), "prod").resources };
const UNWATCHED = { RollbackTriggers: [], MonitoringTimeInMinutes: 0 };

/** The stack as it is when this very template is deployed already. */
const DEPLOYED = Object.entries(template.Resources).map(([LogicalResourceId, { Type, Properties }]) => ({
  LogicalResourceId,
  ResourceStatus: "UPDATE_COMPLETE",
  PhysicalResourceId:
    Type === "AWS::SQS::Queue"
      ? `https://sqs.eu-west-1.amazonaws.com/123456789012/${Properties.QueueName}`
      : String(Properties.AlarmName ?? LogicalResourceId),
}));

const arnOf = (name: string) => `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:${name}`;
const alarm = (AlarmName: string, StateValue = "OK") => ({
  AlarmName,
  AlarmArn: arnOf(AlarmName),
  StateValue,
});

const triggers = (given: object) =>
  rollbackTriggers({
    minutes: "15",
    resources: DEPLOYED,
    template,
    alarmsNamed: async (names: readonly string[]) => names.map((name) => alarm(name)),
    ...given,
  });

test("a deploy is watched by alarms that the template has, as many as CloudFormation takes", async () => {
  const { configuration, notices } = await triggers({});
  expect(configuration).toEqual({
    MonitoringTimeInMinutes: 15,
    RollbackTriggers: [
      "ingest-5xx",
      "ingest-errors",
      "audience-batcher-errors",
      "metric-forwarder-errors",
      "posthog-forwarder-errors",
    ].map((name) => ({ Arn: arnOf(`flagbridge-prod-${name}`), Type: "AWS::CloudWatch::Alarm" })),
  });
  for (const id of WATCHED) expect(template.Resources[id]?.Type).toBe("AWS::CloudWatch::Alarm");
  expect(WATCHED.length).toBeLessThanOrEqual(5);
  expect(notices.join("\n")).toMatch(
    /in the 15 minutes after it, for which sls waits: flagbridge-prod-ingest-5xx,/,
  );
});

test("without the parameter nothing is asked and CloudFormation is told to forget what it watched", async () => {
  const { configuration, notices } = await triggers({
    minutes: "none",
    alarmsNamed: () => Promise.reject(new Error("asked")),
  });
  expect(configuration).toEqual(UNWATCHED);
  expect(notices).toEqual([]);
});

test("the first deploy has nothing to go back to", async () => {
  const { configuration, notices } = await triggers({
    resources: DEPLOYED.filter(({ LogicalResourceId }) => LogicalResourceId === "ServerlessDeploymentBucket"),
  });
  expect(configuration).toEqual(UNWATCHED);
  expect(notices).toEqual([expect.stringContaining("the stage has none of the alarms yet")]);
});

const queue = DEPLOYED.find(({ PhysicalResourceId }) => PhysicalResourceId.startsWith("https://sqs."));

test.each([
  ["that the stack does not have", DEPLOYED.filter((one) => one !== queue)],
  [
    "of another name in its place",
    DEPLOYED.map((one) => (one === queue ? { ...one, PhysicalResourceId: "https://sqs/1/other" } : one)),
  ],
  [
    "in the place of one that was deleted",
    DEPLOYED.map((one) => (one === queue ? { ...one, ResourceStatus: "DELETE_COMPLETE" } : one)),
  ],
])(
  "a deploy that adds a queue %s is not watched: a rollback would delete it with its messages",
  async (_which, resources) => {
    const { configuration, notices } = await triggers({ resources });
    expect(configuration).toEqual(UNWATCHED);
    expect(notices).toEqual([
      expect.stringMatching(/^rollbackOnAlarmMinutes: .* adds the queue flagbridge-prod-/),
    ]);
  },
);

test("an alarm that rings already is left out, as the deploy may be what mends it", async () => {
  const ringing = "flagbridge-prod-ingest-5xx";
  const alarmsNamed = async (names: readonly string[]) =>
    names.map((name) => alarm(name, name === ringing ? "ALARM" : "INSUFFICIENT_DATA"));
  const { configuration, notices } = await triggers({ alarmsNamed });
  expect(configuration.RollbackTriggers.map(({ Arn }: { readonly Arn: string }) => Arn)).not.toContain(
    arnOf(ringing),
  );
  expect(configuration.RollbackTriggers).toHaveLength(4);
  expect(notices[0]).toContain(`${ringing} rings already and is not watched`);
  const all = await triggers({
    alarmsNamed: async (names: readonly string[]) => names.map((name) => alarm(name, "ALARM")),
  });
  expect(all.configuration).toEqual(UNWATCHED);
  expect(all.notices).toHaveLength(5);
});
