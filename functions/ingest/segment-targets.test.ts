import { describe, expect, test } from "vitest";
import type { ConnectionSecret } from "../../lib/connections/check-secrets.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import type { SecretAnswer } from "../../lib/http/credential.ts";
import { basic, ingestInMemory, usable } from "../../test/support/ingest-request.ts";

const connection = (source: string) => ({ source, secret: source, audiences: { to: ["production"] } });
const checked = checkConnections({
  launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
  connections: Object.fromEntries(
    ["segment", "tealium", "flagbridge"].map((name) => [name, connection(name)]),
  ),
});
if (!checked.ok) throw new Error(checked.problems.join("\n"));
const { connections } = checked;

const secrets = {
  segment: usable({ tokens: ["token-of-segment"], writeKeys: ["write-key"] }),
  tealium: usable({ tokens: ["token-of-tealium"] }),
  flagbridge: usable({ tokens: ["token-of-own"] }),
};
const hightouch = (members: unknown) =>
  JSON.stringify({ environmentId: "environment", cohortId: "c1", cohortName: "C", action: "add", members });
const tealium = JSON.stringify({
  action: "add_member",
  parameters: { tealium_cohort_id: "c1", members: [{ member_id: "u1", email: "u1@example.com" }] },
});
const to = (integration: string, authorization: string, body: string) => ({
  path: `/api/v2/segment-targets/${integration}`,
  headers: { authorization },
  body,
});
const start = (own: Record<string, SecretAnswer<ConnectionSecret>> = secrets, refreshed = own) =>
  ingestInMemory({ connections, secrets: own, refreshed });

describe("a body made for LaunchDarkly", () => {
  test("is answered as LaunchDarkly does, without a body", async () => {
    const { call, operations } = start();
    const answer = await call(
      to("hightouch", "token-of-own", hightouch([{ integration_distinct_id: "u1" }])),
    );
    expect(answer).toMatchObject({ status: 204, text: "", headers: {} });
    expect(answer.record).toMatchObject({ route: "segment-targets", connection: "flagbridge", accepted: 1 });
    expect(operations()).toMatchObject([{ contextKey: "u1", segment: { id: "c1", name: "C" } }]);
  });

  test("about an audience that the connection's rules leave out is taken, and changes nothing", async () => {
    const ruled = checkConnections({
      launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
      connections: {
        flagbridge: {
          source: "flagbridge",
          secret: "flagbridge",
          audiences: { to: ["production"], except: ["c1"] },
        },
      },
    });
    if (!ruled.ok) throw new Error(ruled.problems.join("\n"));
    const { call, queued } = ingestInMemory({ connections: ruled.connections, secrets });
    const members = [{ integration_distinct_id: "u1" }];
    const { status, record } = await call(to("hightouch", "token-of-own", hightouch(members)));
    expect({ status, ignored: record.ignored }).toEqual({
      status: 204,
      ignored: { audience_not_selected: 1 },
    });
    const empty = await call(to("hightouch", "token-of-own", hightouch([])));
    expect(empty.json).toMatchObject({ code: "no_usable_item" });
    expect(queued).toEqual([]);
  });

  test("is taken when some of its members can be, and the log counts the others", async () => {
    const { call, operations } = start();
    const members = [{ integration_distinct_id: "u1" }, { integration_distinct_id: 7 }, {}];
    const { status, record } = await call(to("hightouch", "Bearer token-of-own", hightouch(members)));
    expect({ status, record }).toMatchObject({
      status: 204,
      record: { accepted: 1, rejected: { invalid_context_key: 1, missing_context_key: 1 } },
    });
    expect(operations()).toHaveLength(1);
  });

  test("finds the vendor's own connection too, whose source reads it", async () => {
    const { call, operations } = start();
    const { status, record } = await call(to("tealium-synced-segments", "token-of-tealium", tealium));
    expect({ status, connection: record.connection }).toEqual({ status: 204, connection: "tealium" });
    expect(operations()).toHaveLength(1);
  });

  test("finds a connection whose token was changed a moment ago", async () => {
    const changed = { ...secrets, flagbridge: usable({ tokens: ["new"] }) };
    const { call, reads } = start(secrets, changed);
    const request = to("hightouch", "new", hightouch([{ integration_distinct_id: "u1" }]));
    expect((await call(request)).status).toBe(204);
    expect(reads).toEqual(["cached segment tealium flagbridge", "refreshed segment tealium flagbridge"]);
  });
});

describe("a body made for LaunchDarkly is refused", () => {
  const body = hightouch([{ integration_distinct_id: "u1" }]);
  test.each([
    ["without a token", { ...to("hightouch", "", body), headers: {} }, 401, "unauthorized"],
    ["with a token of nobody", to("hightouch", "other", body), 401, "unauthorized"],
    ["with a write key", to("hightouch", basic("write-key").authorization, body), 401, "unauthorized"],
    ["with a write key as token", to("hightouch", "write-key", body), 401, "unauthorized"],
    ["for an integration that is not", to("mixpanel", "token-of-own", body), 404, "no_such_integration"],
    [
      "by another method",
      { ...to("hightouch", "token-of-own", body), method: "GET" },
      405,
      "method_not_allowed",
    ],
    ["that is no JSON", to("hightouch", "token-of-own", "{"), 400, "malformed_json"],
    ["of another shape", to("hightouch", "token-of-own", "{}"), 400, "malformed_request"],
    ["without members", to("hightouch", "token-of-own", hightouch([])), 400, "no_usable_item"],
    ["without usable members", to("hightouch", "token-of-own", hightouch([{}, 1])), 400, "no_usable_item"],
    [
      "beyond 4 MB",
      to("hightouch", "token-of-own", hightouch([{ x: "x".repeat(4 * 1_024 * 1_024) }])),
      413,
      "body_too_large",
    ],
  ])("%s", async (_name, request, status, code) => {
    const { call, queued } = start();
    const answer = await call(request);
    expect({ status: answer.status, json: answer.json }).toMatchObject({ status, json: { code } });
    expect(queued).toEqual([]);
  });

  test("as a whole when no member is usable, and the log counts them by code", async () => {
    const { record } = await start().call(to("hightouch", "token-of-own", hightouch([{}, 1])));
    expect(record).toMatchObject({
      status: 400,
      connection: "flagbridge",
      rejected: { missing_context_key: 1, invalid_item: 1 },
    });
  });

  test("with a token of a connection that reads something else, and the log says whose it is", async () => {
    const { status, record, json } = await start().call(to("hightouch", "token-of-tealium", body));
    expect({ status, causes: record.causes }).toEqual({
      status: 401,
      causes: [
        "the token is that of connections.tealium, of source tealium: use one of a connection of source flagbridge",
      ],
    });
    expect(JSON.stringify(json)).not.toContain("connections.tealium");
  });

  test("with the reason of the first member, and how many there are", async () => {
    const { json } = await start().call(to("hightouch", "token-of-own", hightouch([{}, {}])));
    expect(json).toMatchObject({
      message:
        "members[0].integration_distinct_id: expected a text that is not empty (the first of 2, none of which can be taken)",
    });
  });

  test.each([
    ["for an environment that the connection does not send to", "other"],
    ["for an environment that is no text", 7],
  ])("%s, and is told which it may be", async (_name, environmentId) => {
    const wrong = JSON.stringify({ ...JSON.parse(body), environmentId });
    expect(await start().call(to("hightouch", "token-of-own", wrong))).toMatchObject({
      status: 400,
      json: {
        code: "malformed_request",
        message:
          "environmentId: expected environment, the client-side ID of an environment that this connection sends to, or none",
      },
    });
  });

  test("for a wrong environment also where the vendor's own source reads it", async () => {
    const wrong = JSON.parse(tealium);
    wrong.parameters.tealium_project_id = "other";
    const answer = await start().call(
      to("tealium-synced-segments", "token-of-tealium", JSON.stringify(wrong)),
    );
    expect(answer).toMatchObject({ status: 400, json: { code: "malformed_request" } });
  });
});
