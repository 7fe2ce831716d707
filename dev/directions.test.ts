import { join } from "node:path";
import { expect, test } from "vitest";
import { checkConnections } from "../lib/connections/load.ts";
import { readConnectionsFile } from "../lib/connections/yaml.ts";
import { directions, firstSteps } from "./directions.ts";
import { unpainted } from "./paint.ts";
import { readSecretsFile } from "./secrets-file.ts";

const at = { url: "http://localhost:4000", secretsPath: "dev/secrets.json", paint: unpainted };

async function ofTheRepository(): Promise<readonly string[]> {
  const connections = await readConnectionsFile(join(import.meta.dirname, "connections.yml"));
  const secrets = readSecretsFile(join(import.meta.dirname, "secrets.json"));
  if (!connections.ok || !secrets.ok) throw new Error("the stack's own files are not right");
  return directions({ connections: connections.connections, secrets: secrets.secrets, ...at });
}

test("of each connection there is where to send, what proves a request, and where to look", async () => {
  expect((await ofTheRepository()).join("\n")).toBe(`
segment-engage (segment)
  send to   http://localhost:4000 (the host of its SDKs)
  send to   http://localhost:4000/c/segment-engage
  prove by  one of writeKeys of the secret segment-engage, as user name of Basic or "writeKey"
  look at   http://localhost:4000/sandbox/launchdarkly/segments
  look at   http://localhost:4000/sandbox/launchdarkly/events

own-code (flagbridge)
  send to   http://localhost:4000/c/own-code
  prove by  one of tokens of the secret own-code, as Authorization: Bearer
  look at   http://localhost:4000/sandbox/launchdarkly/segments
  look at   http://localhost:4000/sandbox/launchdarkly/events

flag-changes (launchdarkly)
  send to   http://localhost:4000/c/flag-changes
            (POST http://localhost:4000/sandbox/launchdarkly/flags/KEY/toggle makes the sandbox send one)
  prove by  a signature with one of signingSecrets of the secret launchdarkly-webhook
  look at   http://localhost:4000/sandbox/posthog/events

Keys: dev/secrets.json. Queues: http://localhost:4000/sandbox/queues. More: dev/README.md`);
});

test("a destination that is not this stack's sandbox is named, and no key is shown", () => {
  const checked = checkConnections({
    launchdarkly: {
      production: { clientSideId: "id", instance: "us", secret: "launchdarkly" },
      recorder: {
        clientSideId: "other",
        instance: { api: "http://127.0.0.1:9/api", events: "http://127.0.0.1:9/events" },
        secret: "launchdarkly",
      },
    },
    connections: {
      shop: {
        source: "flagbridge",
        secret: "shop",
        header: "x-key",
        audiences: { to: ["production", "recorder"], writer: "synced" },
      },
    },
  });
  const problems = checked.ok ? [] : checked.problems;
  const secrets = { launchdarkly: { accessToken: "ld-secret" }, shop: { tokens: ["shop-secret"] } };

  const lines = checked.ok
    ? directions({ connections: checked.connections, secrets, ...at }).join("\n")
    : problems.join("\n");

  expect(lines).toContain("as Authorization: Bearer or header x-key");
  expect(lines).toContain("look at   LaunchDarkly (us), environment production");
  expect(lines).toContain("look at   http://127.0.0.1:9/api");
  expect(lines).not.toMatch(/ld-secret|shop-secret/);
});

test("the first steps name the port where the commands would not find it by themselves", () => {
  expect(firstSteps(at).join("\n")).toContain("npx flagbridge send --url http://localhost:4000");
  const byDefault = firstSteps({ ...at, url: "http://localhost:3000" }).join("\n");
  expect(byDefault).toContain("npx flagbridge send\n");
});

test("a connection that takes erasures alone is no host of SDKs, and its receipts are to be looked at", () => {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "id", instance: "us", secret: "launchdarkly" } },
    connections: { privacy: { source: "segment", secret: "privacy", erasures: true } },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const secrets = { privacy: { tokens: ["token"] } };
  const lines = directions({ connections: checked.connections, secrets, ...at });
  expect(lines.slice(2, -2)).toEqual([
    "  send to   http://localhost:4000/c/privacy",
    "  prove by  one of tokens of the secret privacy, as Authorization: Bearer",
    "  look at   this log: the line erasure.done is the receipt of an erasure",
  ]);
});
