import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { checkConnections } from "../../lib/connections/load.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { listSamples, sendSample } from "../../operator/send/send-sample.ts";
import { flagbridge } from "../support/flagbridge.ts";
import { SANDBOX, SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

/** Each source, with each way to prove itself and with options that change what a request has to hold. */
const CONNECTIONS = `launchdarkly:
  staging: { clientSideId: staging, instance: ${SANDBOX_INSTANCE}, secret: launchdarkly }
posthog:
  main: { host: ${SANDBOX}/posthog, secret: posthog }
connections:
  segment-signed: { source: segment, secret: segment-signed, audiences: { to: [staging], contextKey: [email] } }
  segment-key: { source: segment, secret: segment-key, audiences: { to: [staging] }, metrics: { to: [staging], only: [Signed Up], eventSchema: 3 } }
  segment-token: { source: segment, secret: segment-token, audiences: { to: [staging] }, metrics: { to: [staging], except: [Order Completed], contextKeys: { user: properties.member.id, device: context.device.id } } }
  rudder: { source: rudderstack, secret: rudder, audiences: { to: [staging], segment: { id: beta, name: Beta }, contextKey: [crm, email] }, metrics: { to: [staging] } }
  tealium: { source: tealium, secret: tealium, audiences: { to: [staging] } }
  tealium-key: { source: tealium, secret: tealium-key, audiences: { to: [staging], contextKey: [sessionId] } }
  zeotap: { source: zeotap, secret: zeotap, audiences: { to: [staging], contextKey: [phone] } }
  amplitude: { source: amplitude, secret: amplitude, header: X-Flagbridge-Token, audiences: { to: [staging], contextKey: [email] } }
  mixpanel: { source: mixpanel, secret: mixpanel, audiences: { to: [staging] } }
  mparticle: { source: mparticle, secret: mparticle, audiences: { to: [staging] } }
  mparticle-device: { source: mparticle, secret: mparticle-device, audiences: { to: [staging], contextKey: [android_id] } }
  mparticle-partner: { source: mparticle, secret: mparticle-partner, audiences: { to: [staging], contextKey: [partner] } }
  posthog: { source: posthog, secret: posthog-source, header: X-Flagbridge-Token, audiences: { to: [staging] }, metrics: { to: [staging], only: [Signed Up] } }
  posthog-paths: { source: posthog, secret: posthog-paths, audiences: { to: [staging], contextKey: [person.properties.crm.id, email] }, metrics: { to: [staging], contextKeys: { user: personId, company: groups.company.id } } }
  own: { source: flagbridge, secret: own, audiences: { to: [staging], contextKind: device } }
  own-signed: { source: flagbridge, secret: own-signed, audiences: { to: [staging] }, metrics: { to: [staging] } }
  flags: { source: launchdarkly, secret: flags, posthog: { to: [main], only: { projects: [shop], environments: [test], actions: behaviour, kinds: [flag] } } }
  flags-by-token: { source: launchdarkly, secret: flags-by-token, posthog: { to: [main], only: { actions: [updateRules] } } }
`;

const SECRETS = {
  launchdarkly: { accessToken: "send-access" },
  posthog: { projectApiKey: "phc_send" },
  "segment-signed": { signingSecrets: ["send-shared-secret"] },
  "segment-key": { writeKeys: ["send-key"] },
  "segment-token": { tokens: ["send-token"] },
  rudder: { writeKeys: ["send-rudder"] },
  tealium: { tokens: ["send-tealium"] },
  "tealium-key": { writeKeys: ["send-tealium-key"] },
  zeotap: { tokens: ["send-zeotap"] },
  amplitude: { tokens: ["send-amplitude"] },
  mixpanel: { writeKeys: ["send-mixpanel"] },
  mparticle: { tokens: ["send-mparticle"] },
  "mparticle-device": { tokens: ["send-device"] },
  "mparticle-partner": { tokens: ["send-partner"] },
  "posthog-source": { tokens: ["send-posthog"] },
  "posthog-paths": { tokens: ["send-posthog-paths"] },
  own: { tokens: ["send-own"] },
  "own-signed": { signingSecrets: [`whsec_${Buffer.alloc(24, 5).toString("base64")}`] },
  flags: { signingSecrets: ["send-flags"] },
  "flags-by-token": { tokens: ["send-flags-token"] },
};

let stack: StackProcess;
let folder: TemporaryFolder;
let connections: Connections;
beforeAll(async () => {
  folder = await temporaryFolder();
  const checked = checkConnections(parse(CONNECTIONS));
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  connections = checked.connections;
  const files = await stackFiles(folder, { connections: CONNECTIONS, secrets: SECRETS });
  stack = await startStackProcess([...files, "--batch-window", "0", "--quiet"]);
});
afterAll(async () => {
  await stack?.stop();
  await folder?.remove();
});

const send = (sample: string, connection: string) =>
  sendSample(
    { sample, connection },
    {
      bundle: {
        connections,
        secretPrefix: "",
        where: { kind: "local", url: stack.url, region: "us-east-1", accountId: "000000000000" },
      },
      readSecret: async (name) => {
        const { [name]: secret } = z.record(z.string(), z.unknown()).parse(SECRETS);
        return { kind: "text", text: JSON.stringify(secret), changedAt: undefined };
      },
      post: async (url, { headers, body }) => {
        const answer = await fetch(url, { method: "POST", headers, body });
        return { status: answer.status, text: await answer.text() };
      },
      nowMs: Date.now(),
      id: randomBytes(12).toString("hex"),
    },
  );

async function sandbox(path: string): Promise<string> {
  return (await fetch(`${stack.url}/sandbox/${path}`)).text();
}

describe("every sample with every connection that takes it", () => {
  test("is accepted, and arrives", async () => {
    const samples = listSamples(connections);
    expect(new Set(samples.map(({ source }) => source)).size).toBe(10);
    const places = {
      member: "launchdarkly/segments",
      event: "launchdarkly/events",
      "flag-change": "posthog/events",
    };
    const arrivals: { readonly place: string; readonly text: string }[] = [];
    for (const { sample, connection } of samples) {
      const { sent, arrival } = await send(sample, connection);
      expect(sent.status, `${sample} ${connection}: ${JSON.stringify(sent)}`).toBeLessThan(300);
      if (sent.status === 200 && connection !== "mixpanel" && !connection.startsWith("mparticle"))
        expect(sent.answer).toEqual({ success: true, accepted: 1, ignored: 0, rejected: [] });
      arrivals.push({
        place: places[arrival.kind],
        text: arrival.kind === "flag-change" ? arrival.id : arrival.member,
      });
    }
    const missing = async () => {
      const found = new Map<string, string>();
      for (const place of new Set(Object.values(places))) found.set(place, await sandbox(place));
      return arrivals.filter(({ place, text }) => !found.get(place)?.includes(text));
    };
    while ((await missing()).length > 0) await sleep(50);
  });
});

describe("flagbridge send", () => {
  const run = (...args: readonly string[]) => flagbridge(["send", ...args, "--url", stack.url]);

  test("lists the samples with the connections that take them", async () => {
    const { code, stdout } = await run("--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toContainEqual({
      sample: "segment-audience",
      connection: "segment-signed",
      source: "segment",
    });
    expect((await run()).stdout).toContain("launchdarkly-flag-change  flags ");
  });

  test("sends one, and says what was answered and where to look", async () => {
    const { code, stdout } = await run("flagbridge-audience", "--connection", "own", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      sample: "flagbridge-audience",
      request: { method: "POST", url: `${stack.url}/c/own` },
      status: 200,
      answer: { success: true, accepted: 1, ignored: 0, rejected: [] },
    });
    const shown = await run("mixpanel-audience");
    expect(shown.stdout).toMatch(
      /^POST \S+\/c\/mixpanel\n200 {"action":"add_members","status":"success"}\nLook for sample-/,
    );
    expect(`${shown.stdout}${shown.stderr}`).not.toContain("send-mixpanel");
  });

  test.each([
    [["flagbridge-audiense"], 'did you mean "flagbridge-audience"?'],
    [
      ["flagbridge-audience"],
      "Several connections take flagbridge-audience: say which with --connection own or own-signed",
    ],
    [
      ["flagbridge-audience", "--connection", "flags"],
      '"flags" does not take flagbridge-audience; these do: own, own-signed',
    ],
    [["flagbridge-audience", "--connection", "onw"], 'did you mean "own"?'],
  ])("%j cannot be done, and says what to type", async (args, message) => {
    const end = await run(...args);
    expect(end).toMatchObject({ code: 2, stdout: "" });
    expect(end.stderr).toContain(message);
  });
});
