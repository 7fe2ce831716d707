import { isUtf8 } from "node:buffer";
import * as z from "zod";

/** A request as API Gateway sees it: before any decoding. */
export type HttpRequest = {
  readonly method: string;
  /** Path and query as they were on the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly receivedAtMs: number;
  readonly requestId: string;
};

/** What goes back to the caller. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer | string;
};

/**
 * The event of a Lambda integration, payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 *
 * `rawPath` is percent-decoded, as an HTTP API gives it, unlike a function URL.
 * @throws {URIError} when the path is not valid percent-encoding.
 */
export function eventOf(request: HttpRequest): object {
  const [path = "/", ...query] = request.target.split("?");
  const rawQueryString = query.join("?");
  const cookies = (request.headers.cookie ?? []).flatMap((header) => header.split(/;\s*/));
  const headers = joinedHeaders(request);
  const rawPath = decodeURIComponent(path);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(rawQueryString && { queryStringParameters: joinedQuery(rawQueryString) }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: headers.host ?? "localhost",
      domainPrefix: "local",
      http: {
        method: request.method,
        path: rawPath,
        protocol: "HTTP/1.1",
        sourceIp: request.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: request.requestId,
      routeKey: "$default",
      stage: "$default",
      time: commonLogTime(request.receivedAtMs),
      timeEpoch: request.receivedAtMs,
    },
    ...bodyOf(request, headers),
  };
}

/** Hop-by-hop headers end at the gateway; cookies have a field of their own. */
const notForwarded = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "expect",
  "cookie",
]);

function joinedHeaders({ headers, sourceIp, body }: HttpRequest): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, values] of Object.entries(headers)) {
    if (values && !notForwarded.has(name)) joined[name] = values.join(",");
  }
  joined["x-forwarded-for"] = [...(headers["x-forwarded-for"] ?? []), sourceIp].join(", ");
  joined["x-forwarded-proto"] = "http";
  joined["content-length"] = String(body.length);
  return joined;
}

function joinedQuery(rawQueryString: string): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

const textual = /^(text\/.*|application\/(json|javascript|xml|[\w.+-]+\+(json|xml)))$/i;

function bodyOf({ body }: HttpRequest, headers: Readonly<Record<string, string>>): object {
  if (body.length === 0) return { isBase64Encoded: false };
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
  const asText = textual.test(type) && headers["content-encoding"] === undefined && isUtf8(body);
  return asText
    ? { body: body.toString("utf8"), isBase64Encoded: false }
    : { body: body.toString("base64"), isBase64Encoded: true };
}

/** For example `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(ms: number): string {
  const [, day, month, year, time] =
    /^\w+, (\d\d) (\w+) (\d+) ([\d:]+)/.exec(new Date(ms).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

const structured = z.object({
  statusCode: z.int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** Reads a function's result as API Gateway does; undefined when it is no valid answer (the caller gets a 500). */
export function answerOf(result: unknown): HttpAnswer | undefined {
  if (typeof result !== "object" || result === null || !("statusCode" in result)) {
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      cookies: [],
      body: typeof result === "string" ? result : JSON.stringify(result),
    };
  }
  const parsed = structured.safeParse(result);
  if (!parsed.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const lowerCased = Object.entries(headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  return {
    status: statusCode,
    headers: {
      ...(body && { "content-type": "text/plain;charset=UTF-8" }),
      ...Object.fromEntries(lowerCased),
    },
    cookies: cookies ?? [],
    body: isBase64Encoded ? Buffer.from(body ?? "", "base64") : (body ?? ""),
  };
}
