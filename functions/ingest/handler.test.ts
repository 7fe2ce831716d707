import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import { type BuiltIngest, buildBundles, startBuiltIngest } from "../../test/support/built-ingest.ts";
import { basic, engageIdentify, twoConnections } from "../../test/support/ingest-request.ts";
import { undocumented } from "../../test/support/openapi-document.ts";
import type { TemporaryFolder } from "../../test/support/temporary-folder.ts";

const secrets = {
  "engage-secret": { writeKeys: ["key-of-engage"] },
  "own-secret": { tokens: ["token-of-own"] },
};
const root = join(import.meta.dirname, "../..");

let bundles: TemporaryFolder;
beforeAll(async () => {
  bundles = await buildBundles();
});
afterAll(() => bundles.remove());

describe("the built function", () => {
  let ingest: BuiltIngest;
  beforeAll(async () => {
    ingest = await startBuiltIngest({ bundles, connections: twoConnections(), secrets });
  });
  afterEach(() => ingest.queue.clear());
  afterAll(() => ingest.stop());

  const queued = () =>
    ingest.queue.messages().map(({ body }) => audienceOperationsMessage.parse(JSON.parse(body)));

  test("takes a gzipped batch of the Tracking API into the queue", async () => {
    const batch = Array.from({ length: 500 }, (_, index) => engageIdentify(index));
    const answer = await ingest.invoke({
      path: "/v1/batch",
      headers: { ...basic("key-of-engage"), "content-encoding": "gzip" },
      body: gzipSync(JSON.stringify({ batch })).toString("base64"),
      isBase64Encoded: true,
    });
    expect(answer).toMatchObject({
      statusCode: 200,
      body: '{"success":true,"accepted":500,"ignored":0,"rejected":[]}',
    });
    const operations = queued().flatMap(operationsOf);
    expect(operations.map(({ contextKey }) => contextKey).sort()).toEqual(
      batch.map(({ userId }) => userId).sort(),
    );
  });

  test("takes Flagbridge's own format on a connection's path", async () => {
    const body = JSON.stringify({
      audienceOperations: [{ segment: { id: "beta" }, contextKey: "😀\uffff", action: "remove" }],
    });
    const answer = await ingest.invoke({ path: "/c/own", headers: { "x-key": "token-of-own" }, body });
    expect(answer.statusCode).toBe(200);
    expect(queued()).toMatchObject([
      { connection: "own", operations: [{ key: "😀\uffff", action: "remove" }] },
    ]);
  });

  test("takes the event that `sls invoke local` is shown with", async () => {
    const example: unknown = JSON.parse(readFileSync(join(root, "dev/events/segment-identify.json"), "utf8"));
    const { rawPath, body } = z.object({ rawPath: z.string(), body: z.string() }).parse(example);
    expect(await ingest.invoke({ path: rawPath, headers: basic("key-of-engage"), body })).toMatchObject({
      statusCode: 200,
    });
    expect(queued()).toHaveLength(1);
  });

  test("tells its version", async () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
    expect(await ingest.invoke({ method: "GET", path: "/health" })).toMatchObject({
      statusCode: 200,
      body: JSON.stringify({ status: "ok", version }),
    });
  });

  test("serves the document of its interface to every page, the same whatever its connections are", async () => {
    const { statusCode, headers, body } = await ingest.invoke({ method: "GET", path: "/openapi.json" });
    expect({ statusCode, headers }).toEqual({
      statusCode: 200,
      headers: { "content-type": "application/json", "access-control-allow-origin": "*" },
    });
    expect(parse(body)).toEqual(parse(readFileSync(join(root, "openapi.yaml"), "utf8")));
    expect(
      undocumented({ method: "GET", path: "/openapi.json", status: statusCode, headers, text: body }),
    ).toEqual([]);
  });

  test("writes one wide line per request, and its metrics, with no key and no member in them", async () => {
    await ingest.invoke({
      path: "/v1/batch",
      headers: basic("key-of-engage"),
      body: JSON.stringify({
        batch: [engageIdentify(77), { type: "page" }, { ...engageIdentify(78), traits: {} }],
      }),
    });
    const written = [
      await lineWith(ingest, '"message":"ingest.answered"', '"accepted":2'),
      await lineWith(ingest, '"_aws"', '"ItemsAccepted":2'),
      await lineWith(ingest, '"_aws"', '"code":"unknown_membership"'),
    ];
    const [wide, metrics, byCode] = written.map((line) =>
      z.record(z.string(), z.unknown()).parse(JSON.parse(line)),
    );
    expect(wide).toMatchObject({
      level: "INFO",
      message: "ingest.answered",
      route: "tracking",
      status: 200,
      connection: "engage",
      accepted: 2,
      ignored: { page: 1 },
      rejected: { unknown_membership: 1 },
      messages: 1,
      ms: expect.any(Number),
    });
    expect(metrics).toMatchObject({
      connection: "engage",
      ItemsAccepted: 2,
      ItemsRejected: 1,
    });
    expect(byCode).toMatchObject({ ItemsRejected: 1 });
    for (const line of written) expect(line).not.toMatch(/user-7|key-of-engage|message-7/);
  });
});

describe("the built function with a secret that is not right", () => {
  test("goes on for the other connections, and its log names the secret and what to do", async () => {
    const ingest = await startBuiltIngest({
      bundles,
      connections: twoConnections(),
      secrets: { ...secrets, "own-secret": { tokens: "hunter2" } },
    });
    const send = (headers: Record<string, string>) =>
      ingest.invoke({ path: "/v1/batch", headers, body: JSON.stringify({ batch: [engageIdentify()] }) });
    expect((await send(basic("key-of-engage"))).statusCode).toBe(200);
    expect((await send(basic("other"))).statusCode).toBe(503);
    const line = await lineWith(ingest, '"message":"ingest.answered"', '"status":503');
    expect(line).toContain('secret \\"flagbridge/test/own-secret\\": tokens: expected a list');
    expect(ingest.lines.join("\n")).not.toContain("hunter2");
    await ingest.stop();
  });
});

describe("the built function with connections that nobody has checked", () => {
  test("does not start, and says what to do", async () => {
    const ingest = await startBuiltIngest({
      bundles,
      connections: { connections: { a: { source: "x" } } },
      secrets,
    });
    await expect(ingest.invoke({ method: "GET", path: "/health" })).rejects.toThrow(
      /ConnectionsError: .*\.json: expected what the build wrote, .* change connections\.yml and run npm run build/,
    );
    await ingest.stop();
  });
});

/** The first line with all of these texts in it. Lines reach this process after the answer does. */
async function lineWith({ lines }: BuiltIngest, ...texts: readonly string[]): Promise<string> {
  const found = () => lines.find((line) => texts.every((text) => line.includes(text)));
  await expect.poll(found, { timeout: 5_000 }).toBeDefined();
  return found() ?? "";
}
