import { createServer, request as httpRequest, type OutgoingHttpHeaders, type Server } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { httpApi } from "./http-api.ts";
import { listenOnLoopback } from "./listen.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

type Config = { invoke?: (event: unknown) => Promise<unknown>; integrationTimeoutMs?: number };

async function gateway({ invoke = async () => ({ statusCode: 204 }), ...rest }: Config = {}) {
  const events: unknown[] = [];
  const server = createServer(
    httpApi({
      ...rest,
      invoke: async (event) => {
        events.push(event);
        return invoke(event);
      },
    }),
  );
  servers.push(server);
  const port = await listenOnLoopback(server, 0);
  return { port, events };
}

type Sent = {
  port: number;
  method?: string;
  path?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
};

function send({ port, method = "POST", path = "/", headers = {}, body }: Sent) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const request = httpRequest({ host: "127.0.0.1", port, method, path, headers }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("latin1"),
        });
      });
      request.on("error", reject);
      request.end(body);
    },
  );
}

async function eventOf(sent: Omit<Sent, "port">): Promise<unknown> {
  const { port, events } = await gateway();
  await send({ port, ...sent });
  return events[0];
}

describe("the event of a request", () => {
  test("is an API Gateway event of payload format 2.0", async () => {
    const before = Date.now();
    const event = await eventOf({
      path: "/v1/identify?a=1&b=x%20y&a=2",
      headers: { "Content-Type": "application/json", "User-Agent": "test/1", Host: "flagbridge.example" },
      body: '{"userId":"ü"}',
    });

    expect(event).toEqual({
      version: "2.0",
      routeKey: "$default",
      rawPath: "/v1/identify",
      rawQueryString: "a=1&b=x%20y&a=2",
      queryStringParameters: { a: "1,2", b: "x y" },
      headers: {
        "content-type": "application/json",
        "content-length": "15",
        host: "flagbridge.example",
        "user-agent": "test/1",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
      },
      requestContext: {
        accountId: "000000000000",
        apiId: "local",
        domainName: "flagbridge.example",
        domainPrefix: "local",
        http: {
          method: "POST",
          path: "/v1/identify",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "test/1",
        },
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        routeKey: "$default",
        stage: "$default",
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: '{"userId":"ü"}',
      isBase64Encoded: false,
    });
    expect(Object(event).requestContext.timeEpoch).toBeGreaterThanOrEqual(before);
  });

  test("joins repeated headers with a comma and takes cookies out of them", async () => {
    const event = await eventOf({
      headers: { "X-Tag": ["a", "b"], Authorization: "Basic eA==", Cookie: "one=1; two=2" },
    });

    expect(event).toMatchObject({
      headers: { "x-tag": "a,b", authorization: "Basic eA==" },
      cookies: ["one=1", "two=2"],
    });
    expect(event).not.toHaveProperty("headers.cookie");
  });

  test("has no body, query or cookies when the request has none", async () => {
    const event = await eventOf({ method: "GET", path: "/health" });

    expect(event).toMatchObject({ rawPath: "/health", rawQueryString: "", isBase64Encoded: false });
    expect(event).not.toHaveProperty("body");
    expect(event).not.toHaveProperty("cookies");
    expect(event).not.toHaveProperty("queryStringParameters");
  });

  test("has the path decoded", async () => {
    expect(await eventOf({ path: "/c/a%20b" })).toMatchObject({ rawPath: "/c/a b" });
  });

  const gzipped = gzipSync('{"a":1}');
  test.each([
    ["a type that is not text", { "content-type": "application/octet-stream" }, Buffer.from("text")],
    ["form data", { "content-type": "application/x-www-form-urlencoded" }, Buffer.from("a=1")],
    ["no type", {}, Buffer.from("text")],
    ["a content encoding", { "content-type": "application/json", "content-encoding": "gzip" }, gzipped],
    ["bytes that are not UTF-8", { "content-type": "application/json" }, Buffer.from([0x22, 0xff, 0x22])],
  ])("has the body in base64 when it has %s", async (_, headers, body) => {
    expect(await eventOf({ headers, body })).toMatchObject({
      body: body.toString("base64"),
      isBase64Encoded: true,
    });
  });

  test.each(["text/plain", "application/json; charset=utf-8", "application/vnd.api+json"])(
    "has the body as text when its type is %s",
    async (type) => {
      expect(await eventOf({ headers: { "content-type": type }, body: "{}" })).toMatchObject({
        body: "{}",
        isBase64Encoded: false,
      });
    },
  );
});

describe("the answer to the caller", () => {
  test("is what the function said, headers, cookies and bytes", async () => {
    const { port } = await gateway({
      invoke: async () => ({
        statusCode: 201,
        headers: { "X-Number": 5, "Content-Type": "application/octet-stream" },
        cookies: ["a=1; Path=/", "b=2"],
        body: Buffer.from([0, 255]).toString("base64"),
        isBase64Encoded: true,
      }),
    });

    const answer = await send({ port });

    expect(answer).toMatchObject({
      status: 201,
      body: "\u0000\u00ff",
      headers: {
        "x-number": "5",
        "content-type": "application/octet-stream",
        "set-cookie": ["a=1; Path=/", "b=2"],
        "content-length": "2",
      },
    });
  });

  test.each([
    ["a text", "hello", "hello\n"],
    ["an object without a status", { a: 1 }, '{"a":1}\n'],
    ["null", null, "null\n"],
  ])("is a 200 in JSON when the function gives %s", async (_, result, body) => {
    const { port } = await gateway({ invoke: async () => result });

    expect(await send({ port })).toMatchObject({
      status: 200,
      body,
      headers: { "content-type": "application/json" },
    });
  });

  test.each([
    ["once when it is JSON", "application/json; charset=utf-8", "{}", "{}\n"],
    ["no second time", "application/json", "{}\n", "{}\n"],
    ["not when it is something else", "text/plain", "ok", "ok"],
    ["not when it is empty", "application/json", "", ""],
  ])("ends with a line end, %s", async (_, type, body, expected) => {
    const { port } = await gateway({
      invoke: async () => ({ statusCode: 200, headers: { "content-type": type }, body }),
    });

    expect(await send({ port })).toMatchObject({
      body: expected,
      headers: { "content-length": String(expected.length) },
    });
  });

  test.each([
    ["the function fails", async () => Promise.reject(new Error("secret reason"))],
    ["the body is not a text", async () => ({ statusCode: 200, body: { a: 1 } })],
    ["the status is not a number", async () => ({ statusCode: "200" })],
    ["a header cannot be sent", async () => ({ statusCode: 200, headers: { "x-bad": "a\nb" } })],
  ])("is a 500 without the reason when %s", async (_, invoke) => {
    const { port } = await gateway({ invoke });

    expect(await send({ port })).toMatchObject({
      status: 500,
      body: '{"message":"Internal Server Error"}\n',
    });
  });

  test("is a 503 when the function takes longer than the gateway waits", async () => {
    const { port } = await gateway({ invoke: () => new Promise(() => {}), integrationTimeoutMs: 50 });

    expect(await send({ port })).toMatchObject({ status: 503, body: '{"message":"Service Unavailable"}\n' });
  });

  test.each([
    ["the body is over 10 MB", Buffer.alloc(10 * 1024 * 1024 + 1, "a")],
    ["its event is over 6 MB", Buffer.alloc(6 * 1024 * 1024, "a")],
  ])("is a 413, and the function is not asked, when %s", async (_, body) => {
    const { port, events } = await gateway();

    const answer = await send({ port, headers: { "content-type": "text/plain" }, body });

    expect(answer).toMatchObject({ status: 413, body: '{"message":"Request Entity Too Large"}\n' });
    expect(events).toEqual([]);
  });

  test("is a 400 when the path cannot be decoded", async () => {
    const { port, events } = await gateway();

    expect(await send({ port, path: "/c/%ff" })).toMatchObject({ status: 400 });
    expect(events).toEqual([]);
  });
});
