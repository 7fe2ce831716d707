import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flagbridge } from "../support/flagbridge.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

const CONNECTIONS = `launchdarkly:
  production: { clientSideId: one, secret: launchdarkly }
  staging: { clientSideId: two, secret: launchdarkly }
connections:
  engage:
    source: segment
    secret: engage
    audiences:
      to: [production, staging]
      rename: { aud_1: { id: beta, name: Beta users } }
      byAudience: { aud_1: { to: [staging] } }
  own: { source: flagbridge, secret: own, audiences: { to: [production] } }
`;

const identify = (flag: unknown) =>
  JSON.stringify({
    type: "identify",
    userId: "ana",
    timestamp: "2026-05-03T11:59:00Z",
    traits: { vip: flag },
    context: { personas: { computation_class: "audience", computation_key: "vip", computation_id: "aud_1" } },
  });

let folder: TemporaryFolder;
let file: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  file = await folder.file("connections.yml", CONNECTIONS);
});
afterAll(() => folder?.remove());

describe("flagbridge connections check --explain", () => {
  test("says what each connection would make of the event, rule by rule", async () => {
    const event = await folder.file("event.json", identify(true));
    const { code, stdout } = await flagbridge(["connections", "check", "--explain", file, event]);
    expect(stdout).toBe(`engage (segment)
  audience aud_1 (Vip)
    rename       beta (Beta users)
    contextKind  user
    contextKey   userId
    to           staging, by byAudience
  → add user ana to the segment beta (Beta users) in staging, as of 2026-05-03T11:59:00Z

own (flagbridge)
  refused: expected audienceOperations or metricEvents, and nothing else
`);
    expect(code).toBe(0);
  });

  test("reads the event from its input", async () => {
    const args = ["connections", "check", "--explain", file, "-", "--connection", "engage"];
    const { code, stdout } = await flagbridge(args, { stdin: identify(false) });
    expect(stdout).toContain("→ remove user ana from the segment beta (Beta users) in staging");
    expect(code).toBe(0);
  });

  test("shows what a terminal would obey, and stays on its lines", async () => {
    const stdin = identify(true).replace('"ana"', '"ana\\n\\u001b[2J"');
    const { stdout } = await flagbridge(
      ["connections", "check", "--explain", file, "-", "--connection", "engage"],
      { stdin },
    );
    expect(stdout).toContain("→ add user ana\\n\\u001b[2J to the segment beta");
  });

  test("gives the same as JSON, of one connection alone", async () => {
    const event = await folder.file("event.json", identify("yes"));
    const args = ["connections", "check", file, event, "--explain", "--connection", "engage", "--json"];
    const { code, stdout } = await flagbridge(args);
    expect(JSON.parse(stdout)).toMatchObject({
      event,
      connections: [{ connection: "engage", becomes: [], rejected: [{ code: "unknown_membership" }] }],
    });
    expect(code).toBe(1);
  });

  test.each<[string, () => Promise<readonly string[]>, string]>([
    ["without an event", async () => ["--explain", file], "--explain needs an event"],
    ["with an event alone", async () => [file, "event.json"], "go with --explain"],
    [
      "with a file that is not there",
      async () => ["--explain", file, "nowhere.json"],
      "nowhere.json: cannot be read (ENOENT)",
    ],
    [
      "with a file that is no JSON",
      async () => ["--explain", file, await folder.file("event.txt", "secret-key")],
      "expected JSON",
    ],
    [
      "for a misspelt connection",
      async () => ["--explain", file, file, "--connection", "engag"],
      'did you mean "engage"?',
    ],
  ])("cannot be done %s, and says what to type", async (_name, argsOf, message) => {
    const { code, stdout, stderr } = await flagbridge(["connections", "check", ...(await argsOf())]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("secret-key");
  });

  test("names the problems of the file instead, if it has any", async () => {
    const broken = await folder.file("broken.yml", CONNECTIONS.replace("staging] }", "nowhere] }"));
    const event = await folder.file("event.json", identify(true));
    const { code, stdout } = await flagbridge(["connections", "check", "--explain", broken, event]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/audiences\.byAudience\.aud_1\.to\[0\]/);
  });
});
