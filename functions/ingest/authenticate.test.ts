import { describe, expect, test } from "vitest";
import type { ConnectionSecret } from "../../lib/connections/check-secrets.ts";
import type { SecretAnswer } from "../../lib/http/credential.ts";
import { basic, engageIdentify, ingestInMemory, usable } from "../../test/support/ingest-request.ts";

const event = engageIdentify();
const toBatch = (headers: Record<string, string>, extra: object = {}) => ({
  path: "/v1/batch",
  headers,
  body: JSON.stringify({ batch: [event], ...extra }),
});
const toOwn = (headers: Record<string, string>, extra: object = {}) => ({
  path: "/c/own",
  headers,
  body: JSON.stringify({ audienceOperations: [], ...extra }),
});
const statusOf = async (
  secrets: Record<string, SecretAnswer<ConnectionSecret>>,
  request: Parameters<ReturnType<typeof ingestInMemory>["call"]>[0],
) => (await ingestInMemory({ secrets }).call(request)).status;

const keys = {
  "engage-secret": usable({ writeKeys: ["write-1", "write-2"], tokens: ["token-1"] }),
  "own-secret": usable({ writeKeys: ["write-3"], tokens: ["token-2", "token-3"] }),
};

describe("the Tracking API finds the connection", () => {
  test.each([
    ["by the user name of Basic", basic("write-1"), {}],
    ["by the second active key", basic("write-2"), {}],
    ["by Basic in any case, with a password", { authorization: `basic ${btoa("write-1:password")}` }, {}],
    ["by writeKey in the body", {}, { writeKey: "write-1" }],
    [
      "by writeKey in the body beside a Bearer of OAuth",
      { authorization: "Bearer other" },
      { writeKey: "write-1" },
    ],
    ["by a token", { authorization: "Bearer token-1" }, {}],
  ])("%s", async (_name, headers, extra) => {
    const { call } = ingestInMemory({ secrets: keys });
    const { status, record } = await call(toBatch(headers, extra));
    expect({ status, connection: record.connection }).toEqual({ status: 200, connection: "engage" });
  });

  test.each([
    ["nothing", {}, {}],
    ["an empty Basic", basic(""), {}],
    ["Basic alone", { authorization: "Basic" }, {}],
    ["Basic that is not base64", { authorization: "Basic ?" }, {}],
    ["a token as user name", basic("token-1"), {}],
    ["a write key as token", { authorization: "Bearer write-1" }, {}],
    ["a wrong Basic beside a right body: the first one decides", basic("other"), { writeKey: "write-1" }],
    [
      "a wrong body beside a right token: the first one decides",
      { authorization: "Bearer token-1" },
      { writeKey: "other" },
    ],
    ["a write key that is no text", {}, { writeKey: ["write-1"] }],
    ["another connection's header", { "x-key": "token-2" }, {}],
  ])("by nothing else: %s", async (_name, headers, extra) => {
    expect(await statusOf(keys, toBatch(headers, extra))).toBe(401);
  });
});

describe("a connection's own path takes", () => {
  test.each([
    ["Basic", basic("write-3"), {}],
    ["writeKey in the body", {}, { writeKey: "write-3" }],
    ["a bare token", { authorization: "token-2" }, {}],
    ["a Bearer token, the second active one", { authorization: "Bearer token-3" }, {}],
    ["its own header", { "x-key": "token-2" }, {}],
  ])("%s", async (_name, headers, extra) => {
    expect(await statusOf(keys, toOwn(headers, extra))).toBe(200);
  });

  test.each([
    ["another connection's write key", basic("write-1"), {}],
    ["another connection's token", { authorization: "token-1" }, {}],
    [
      "a wrong token beside a right header: the first one decides",
      { authorization: "other", "x-key": "token-2" },
      {},
    ],
    ["nothing", {}, {}],
  ])("not %s", async (_name, headers, extra) => {
    expect(await statusOf(keys, toOwn(headers, extra))).toBe(401);
  });

  test("a token beside a forwarded event's own write key, when it has tokens only", async () => {
    const secrets = { ...keys, "own-secret": usable({ tokens: ["token-2"] }) };
    expect(
      await statusOf(secrets, toOwn({ authorization: "token-2" }, { writeKey: "of the event's source" })),
    ).toBe(200);
  });
});

describe("mParticle, with no header set,", () => {
  const asks = (settings: unknown) => ({ account: { account_settings: settings } });
  const secrets = { ...keys, "own-secret": usable({ tokens: ["token-2"] }) };

  test("has its token among its settings for us", async () => {
    // The body is one of mParticle's, so that the connection here finds fault with it: it was let in.
    expect(await statusOf(secrets, toOwn({}, asks({ apiKey: "token-2" })))).toBe(400);
  });

  test.each<[string, Record<string, string>, unknown]>([
    ["a wrong one", {}, { apiKey: "other" }],
    ["one that is no text", {}, { apiKey: ["token-2"] }],
    ["no settings", {}, null],
    ["one beside a wrong header, which decides", { "x-key": "other" }, { apiKey: "token-2" }],
  ])("does not get in with %s", async (_name, headers, settings) => {
    expect(await statusOf(secrets, toOwn(headers, asks(settings)))).toBe(401);
  });

  test("is not looked for by the Tracking API", async () => {
    expect(await statusOf(secrets, toBatch({}, asks({ apiKey: "token-2" })))).toBe(401);
  });
});

describe("a rotation needs no cold start:", () => {
  const before = {
    "engage-secret": usable({ writeKeys: ["old"] }),
    "own-secret": usable({ tokens: ["old"] }),
  };
  const after = {
    "engage-secret": usable({ writeKeys: ["new"] }),
    "own-secret": usable({ tokens: ["new"] }),
  };

  test.each([
    [
      "a write key",
      toBatch(basic("new")),
      ["cached engage-secret own-secret", "refreshed engage-secret own-secret"],
    ],
    [
      "a token of a connection's own path",
      toOwn({ authorization: "new" }),
      ["cached own-secret", "refreshed own-secret"],
    ],
  ])("%s that does not match is looked up once more in fresh secrets", async (_name, request, expected) => {
    const { call, reads } = ingestInMemory({ secrets: before, refreshed: after });
    expect((await call(request)).status).toBe(200);
    expect(reads).toEqual(expected);
  });

  test("what matches at once reads nothing twice", async () => {
    const { call, reads } = ingestInMemory({ secrets: before });
    await call(toBatch(basic("old")));
    expect(reads).toEqual(["cached engage-secret own-secret"]);
  });
});

test("an unsigned request to a connection that has signatures alone is told which header is missing", async () => {
  const secrets = { "own-secret": usable({ signingSecrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] }) };
  const { status, json } = await ingestInMemory({ secrets }).call(toOwn({ authorization: "token-2" }));
  expect({ status, json }).toMatchObject({
    status: 401,
    json: { code: "unauthorized", message: "expected a signature, in the header webhook-signature" },
  });
});

describe("a request that proves nothing", () => {
  const signingSecrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
  const KEY = "a write key, as user name of Basic authentication or as writeKey in the body";
  const SIGNATURE = "a signature, in the header webhook-signature";
  const TOKEN = "a token, in Authorization or the header x-key";

  test.each([
    ["tokens", { tokens: ["token-2"] }, `expected ${TOKEN}`],
    ["write keys", { writeKeys: ["write-3"] }, `expected ${KEY}`],
    ["signatures", { signingSecrets }, `expected ${SIGNATURE}`],
    ["signatures and tokens", { signingSecrets, tokens: ["token-2"] }, `expected ${SIGNATURE}; or ${TOKEN}`],
    [
      "everything",
      { signingSecrets, tokens: ["token-2"], writeKeys: ["write-3"] },
      `expected ${SIGNATURE}; or ${KEY}; or ${TOKEN}`,
    ],
  ])("to a connection with %s is told what would", async (_name, secret, message) => {
    const { status, json } = await ingestInMemory({ secrets: { "own-secret": usable(secret) } }).call(
      toOwn({}),
    );
    expect({ status, json }).toMatchObject({ status: 401, json: { code: "unauthorized", message } });
    for (const value of Object.values(secret).flat()) expect(JSON.stringify(json)).not.toContain(value);
  });

  test.each<[string, Record<string, string>]>([
    ["no proof", {}],
    ["a wrong key", { authorization: "other" }],
    ["a wrong signature", { "webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,x" }],
  ])("is logged with the connection that its path names: %s", async (_name, headers) => {
    const secrets = { "own-secret": usable({ tokens: ["token-2"], signingSecrets }) };
    const { record } = await ingestInMemory({ secrets }).call(toOwn(headers));
    expect(record).toMatchObject({ status: 401, connection: "own" });
  });

  test("is logged without one where the path names none", async () => {
    const unnamed = [toBatch(basic("other")), { ...toOwn({}), path: "/c/other" }];
    for (const request of unnamed)
      expect((await ingestInMemory({ secrets: keys }).call(request)).record).not.toHaveProperty("connection");
  });
});

describe("secrets that are not right", () => {
  const broken: SecretAnswer<ConnectionSecret> = {
    kind: "unusable",
    problem: 'secret "flagbridge/dev/own" is not JSON',
  };
  const half = { "engage-secret": usable({ writeKeys: ["write-1"] }), "own-secret": broken };

  test("leave the other connections working", async () => {
    expect(await statusOf(half, toBatch(basic("write-1")))).toBe(200);
  });

  test("turn a 401 into a 503, for the key may be among them; the log says which and why", async () => {
    const { status, headers, json, record } = await ingestInMemory({ secrets: half }).call(
      toBatch(basic("write-9")),
    );
    expect({ status, json }).toMatchObject({ status: 503, json: { code: "misconfigured" } });
    expect(headers["retry-after"]).toBe("60");
    expect(record.causes).toEqual(['secret "flagbridge/dev/own" is not JSON']);
    expect(JSON.stringify(json)).not.toContain("flagbridge/dev/own");
  });

  test("make their own connection's path 503", async () => {
    const { status, record } = await ingestInMemory({ secrets: half }).call(
      toOwn({ authorization: "token-2" }),
    );
    expect({ status, causes: record.causes }).toEqual({
      status: 503,
      causes: ['secret "flagbridge/dev/own" is not JSON'],
    });
  });

  test("that are put right are seen at the next refresh", async () => {
    const { call } = ingestInMemory({ secrets: half, refreshed: keys });
    expect((await call(toOwn({ authorization: "token-2" }))).status).toBe(200);
  });

  test("that share a key stop the Tracking API for everybody, and say who shares", async () => {
    const shared = {
      "engage-secret": usable({ writeKeys: ["write-1", "both"] }),
      "own-secret": usable({ writeKeys: ["both"] }),
    };
    for (const key of ["write-1", "both", "other"]) {
      const { status, json, record } = await ingestInMemory({ secrets: shared }).call(toBatch(basic(key)));
      expect({ status, json }).toMatchObject({ status: 503, json: { code: "misconfigured" } });
      expect(record.causes).toEqual([
        expect.stringContaining("connections.engage and connections.own share one of their writeKeys"),
      ]);
    }
  });

  test("that share a key leave a connection's own path alone", async () => {
    const shared = {
      "engage-secret": usable({ tokens: ["both"] }),
      "own-secret": usable({ tokens: ["both"] }),
    };
    expect(await statusOf(shared, toOwn({ authorization: "both" }))).toBe(200);
  });
});
