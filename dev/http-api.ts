import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerOf, eventOf, type HttpAnswer } from "./http-api-event.ts";
import { readBody } from "./request-body.ts";
import type { Exchange } from "./traffic.ts";

export type HttpApiConfig = {
  readonly invoke: (event: unknown) => Promise<unknown>;
  /** How long the gateway waits for the function. */
  readonly integrationTimeoutMs?: number;
  /** Told of every request that a function was invoked for, once it is answered. */
  readonly onAnswered?: (exchange: Exchange) => void;
};

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_PAYLOAD_BYTES = 10 * 1024 * 1024;
const INTEGRATION_TIMEOUT_MS = 30_000;
/** The event Lambda takes. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/** API Gateway's HTTP API with one `$default` route: every request becomes an event of one function. */
export function httpApi({
  invoke,
  integrationTimeoutMs = INTEGRATION_TIMEOUT_MS,
  onAnswered = () => {},
}: HttpApiConfig) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const receivedAtMs = Date.now();
    const body = await readBody(request, MAX_PAYLOAD_BYTES);
    if (body === "gone") return;
    const requestId = randomUUID();
    const answer =
      body === "too-large"
        ? gatewayAnswer(413, "Request Entity Too Large")
        : await answerTo(request, body, { receivedAtMs, requestId });
    response.setHeader("apigw-requestid", requestId);
    write(response, answer);
    onAnswered({
      requestId,
      receivedAtMs,
      ms: Date.now() - receivedAtMs,
      method: request.method ?? "",
      path: request.url ?? "",
      status: answer.status,
      body: body === "too-large" ? Buffer.alloc(0) : body,
      answer: answer.body,
    });
  };

  async function answerTo(request: IncomingMessage, body: Buffer, received: Received): Promise<HttpAnswer> {
    const event = eventFrom(request, body, received);
    if (!event) return gatewayAnswer(400, "Bad Request");
    if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
      return gatewayAnswer(413, "Request Entity Too Large");
    }
    const outcome = await within(integrationTimeoutMs, invoke(event));
    if (outcome.kind === "late") return gatewayAnswer(503, "Service Unavailable");
    const answer = outcome.kind === "result" ? answerOf(outcome.result) : undefined;
    return answer ? withLineEnd(answer) : gatewayAnswer(500, "Internal Server Error");
  }
}

/**
 * JSON means the same with a line end behind it, and a terminal's prompt then starts on a line of its own. AWS adds
 * none: this is for the people who read answers here.
 */
function withLineEnd(answer: HttpAnswer): HttpAnswer {
  const { body, headers } = answer;
  const isJson = /^application\/json\b/i.test(headers["content-type"] ?? "");
  if (!isJson || typeof body !== "string" || body === "" || body.endsWith("\n")) return answer;
  return { ...answer, body: `${body}\n` };
}

function write(response: ServerResponse, answer: HttpAnswer): void {
  try {
    writeHead(response, answer);
    response.end(answer.body);
  } catch {
    // The function gave a header that HTTP cannot carry.
    response.removeHeader("set-cookie");
    const own = gatewayAnswer(500, "Internal Server Error");
    writeHead(response, own);
    response.end(own.body);
  }
}

function writeHead(response: ServerResponse, { status, headers, cookies, body }: HttpAnswer): void {
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  const hasNoBody = status === 204 || status === 304;
  response.writeHead(status, {
    ...headers,
    ...(!hasNoBody && { "content-length": Buffer.byteLength(body) }),
  });
}

/** An answer of the gateway itself, in its own shape. */
export function gatewayAnswer(status: number, message: string): HttpAnswer {
  return withLineEnd({
    status,
    headers: { "content-type": "application/json" },
    cookies: [],
    body: JSON.stringify({ message }),
  });
}

type Received = { readonly receivedAtMs: number; readonly requestId: string };

function eventFrom(request: IncomingMessage, body: Buffer, received: Received): object | undefined {
  try {
    return eventOf({
      method: request.method ?? "GET",
      target: request.url ?? "/",
      headers: request.headersDistinct,
      body,
      sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
      ...received,
    });
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

type Outcome =
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "failed" }
  | { readonly kind: "late" };

/** Why it failed is in the function's log: a gateway tells its callers nothing. */
async function within(timeoutMs: number, invocation: Promise<unknown>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve({ kind: "late" }), timeoutMs);
  });
  const outcome = invocation.then(
    (result): Outcome => ({ kind: "result", result }),
    (): Outcome => ({ kind: "failed" }),
  );
  const first = await Promise.race([outcome, late]);
  clearTimeout(timer);
  return first;
}
