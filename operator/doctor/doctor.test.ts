import { afterEach, beforeEach, expect, test } from "vitest";
import { destinationQueues } from "../../lib/connections/queues.ts";
import { openHttpSession } from "../../lib/http/session.ts";
import { connectionsOf } from "../../test/support/doctor-environment.ts";
import { type ScriptedServer, scriptedServer } from "../../test/support/scripted-server.ts";
import { type Bundle, bundleQueue } from "../bundle.ts";
import { type DoctorPorts, openDoctor } from "./doctor.ts";

const TOKEN = "api-token-that-nobody-may-see";
const KEYS: Readonly<Record<string, unknown>> = { launchdarkly: { accessToken: TOKEN } };

let server: ScriptedServer;
const http = openHttpSession();
beforeEach(async () => {
  // A proxy that quotes what it was sent.
  server = await scriptedServer(({ headers }) => ({
    status: 400,
    body: JSON.stringify({ message: `cannot do that with ${headers.authorization}` }),
  }));
});
afterEach(() => server.close());

function stage(): Bundle {
  const connections = connectionsOf(`
launchdarkly:
  production:
    clientSideId: one
    instance: { api: "${server.url}", events: "${server.url}" }
    project: default
    environment: production
    secret: launchdarkly
connections:
  own: { source: flagbridge, secret: own, audiences: { to: [production], writer: list } }
`);
  const names = {
    namePrefix: "flagbridge-prod-",
    arnPrefix: "arn:aws:sqs:eu-west-1:1:",
    urlOf: (name: string) => `https://sqs/${name}`,
  };
  return {
    where: { kind: "stage", stage: "prod", region: "eu-west-1", accountId: "1", url: server.url },
    connections,
    connectionsFile: "connections.yml",
    namePrefix: names.namePrefix,
    queues: destinationQueues(connections).map((queue) => bundleQueue(queue, names)),
    tables: { ledger: "ledger", cursors: "cursors", replays: "replays" },
    secretPrefix: "flagbridge/prod/",
    deployed: { version: "1.2.3", connectionsDigest: undefined },
  };
}

const ports: DoctorPorts = {
  countQueue: async () => ({}),
  eventSources: { of: async () => [] },
  tableState: async () => "ACTIVE",
  reservedConcurrency: async () => undefined,
  alarmActions: async () => {
    throw new Error("CloudWatch is out of order");
  },
  secretStore: {
    read: async (fullName) => {
      const value = KEYS[fullName.replace("flagbridge/prod/", "")];
      return value === undefined ? { kind: "missing" } : { kind: "text", text: JSON.stringify(value) };
    },
  },
  http,
  now: () => Date.parse("2026-11-29T10:00:00Z"),
  sleep: async () => undefined,
  describe: (error) => (error instanceof Error ? error.message : ""),
};

test.each(["read", "write"] as const)(
  "a destination that quotes a secret does not get it into a line (%s)",
  async (mode) => {
    const doctor = await openDoctor(stage(), { mode, version: "1.2.3" }, ports);
    const { checks } = await doctor.run(() => undefined);
    expect(JSON.stringify(checks)).not.toContain(TOKEN);
    expect(JSON.stringify(checks)).toContain("cannot do that with (secret)");
  },
);

test("each check is noted when it is done, and what one cannot do does not stop the others", async () => {
  const doctor = await openDoctor(stage(), { mode: "read", version: "1.2.3" }, ports);
  const noted: number[] = [];
  const { checks } = await doctor.run((done) => noted.push(done));
  expect(noted).toEqual(Array.from({ length: doctor.checks }, (_, index) => index + 1));
  expect(checks.find(({ id }) => id === "aws.alarms")).toMatchObject({
    status: "failed",
    fix: "CloudWatch is out of order",
  });
  expect(checks.find(({ id }) => id === "stack.version")).toMatchObject({ status: "ok" });
});

test("the commands that it names are for the stage that it looked at", async () => {
  const doctor = await openDoctor(stage(), { mode: "read", version: "1.2.3" }, ports);
  const { checks } = await doctor.run(() => undefined);
  const own = checks.find(({ found }) => found.startsWith("own: "));
  expect(own?.fix).toContain("npx flagbridge secrets set own --stage prod --region eu-west-1");
});
