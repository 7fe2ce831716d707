import { setTimeout as sleep } from "node:timers/promises";
import { HttpRequest } from "@smithy/core/protocols";
import { isThrottlingError, isTransientError, StandardRetryStrategy } from "@smithy/core/retry";
import { Hash } from "@smithy/core/serde";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { SignatureV4 } from "@smithy/signature-v4";
import * as z from "zod/mini";
import { type AwsService, credentials, endpointOf, region } from "./environment.ts";

export type AwsClientSettings = {
  /** How often a call is made before it has failed; only what may pass by itself is repeated. */
  readonly attempts: number;
  readonly connectionTimeoutMs: number;
  /** Longest an attempt may take, the body of its answer included. */
  readonly timeoutMs: number;
  readonly maxSockets: number;
  /** When an unused connection is closed; without it, when the other side does. */
  readonly idleMs?: number;
};

/** One operation of a service with its JSON input. Gives the JSON of the answer, which nobody has checked yet. */
export type AwsClient = (operation: string, input: object, endpoint?: string) => Promise<unknown>;

/** The service answered, and not with what was asked for. `name` is AWS's own; its message may quote the request. */
export class AwsError extends Error {
  override readonly name: string;
  /** As the SDK's errors have it: the rules of what to repeat read it there. */
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(operation: string, name: string, status: number) {
    super(`${operation} was answered with status ${status} (${name})`);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }
}

/**
 * A client of one of AWS's JSON services, over connections that are kept. Signature, connections, and what is repeated
 * after which pause are the SDK's own parts; its generated clients stay out, because they are half of a bundle and of
 * a cold start: docs/adr/0006. Region, credentials and endpoint come from the environment.
 *
 * It rejects with an {@link AwsError} for what the service answered, and with Node's error or a `TimeoutError` for a
 * call without an answer.
 */
export function createAwsClient(service: AwsService, settings: AwsClientSettings): AwsClient {
  const strategy = new StandardRetryStrategy({ maxAttempts: settings.attempts });
  const attempt = attemptOf(service, settings);
  return async (operation, input, endpoint = endpointOf(service)) => {
    const body = JSON.stringify(input);
    let token = await strategy.acquireInitialRetryToken("");
    for (;;) {
      try {
        const answer = await attempt(operation, body, endpoint);
        strategy.recordSuccess(token);
        return answer;
      } catch (error) {
        if (!isSdkError(error)) throw error;
        const errorType = isThrottlingError(error) ? "THROTTLING" : "TRANSIENT";
        if (errorType === "TRANSIENT" && !isTransientError(error)) throw error;
        token = await strategy.refreshRetryTokenForRetry(token, { error, errorType }).catch(() => {
          // No attempt is left, or too many calls have been repeated lately.
          throw error;
        });
        await sleep(token.getRetryDelay());
      }
    }
  };
}

type SdkError = Parameters<typeof isTransientError>[0];

/** What the SDK's rules can look into: an error whose causes, if any, are errors. */
function isSdkError(error: unknown): error is SdkError {
  return error instanceof Error && (error.cause === undefined || error.cause instanceof Error);
}

type Attempt = (operation: string, body: string, endpoint: string) => Promise<unknown>;

function attemptOf(service: AwsService, settings: AwsClientSettings): Attempt {
  const agent = {
    keepAlive: true,
    maxSockets: settings.maxSockets,
    ...(settings.idleMs !== undefined && { timeout: settings.idleMs }),
  };
  const http = new NodeHttpHandler({
    connectionTimeout: settings.connectionTimeoutMs,
    httpAgent: agent,
    httpsAgent: agent,
  });
  const signer = new SignatureV4({
    service: service.name,
    region: async () => region(),
    credentials,
    sha256: Hash.bind(null, "sha256"),
  });
  return async (operation, body, endpoint) => {
    const signed = await signer.sign(requestOf(service, operation, body, new URL(endpoint)));
    // A signal and not the handler's `requestTimeout`, which ends when the headers have come: a body that stands still
    // would hold the call open.
    const abortSignal = AbortSignal.timeout(settings.timeoutMs);
    try {
      const { response } = await http.handle(new HttpRequest(signed), { abortSignal });
      return read(operation, response.statusCode, response.headers, await textOf(response.body));
    } catch (error) {
      // Whatever the abort looks like where it is noticed: it is a timeout.
      throw abortSignal.aborted ? abortSignal.reason : error;
    }
  };
}

function requestOf(service: AwsService, operation: string, body: string, url: URL): HttpRequest {
  return new HttpRequest({
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== "" && { port: Number(url.port) }),
    path: url.pathname,
    headers: {
      host: url.host,
      "content-type": `application/x-amz-json-${service.jsonVersion}`,
      "content-length": String(Buffer.byteLength(body)),
      "user-agent": "Flagbridge",
      "x-amz-target": `${service.targetPrefix}.${operation}`,
    },
    body,
  });
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function read(
  operation: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
): unknown {
  const answer = parse(text);
  if (status === 200 && answer !== undefined) return answer;
  const named = refusal.safeParse(answer).data?.__type ?? headers["x-amzn-errortype"] ?? "UnknownError";
  throw new AwsError(operation, status === 200 ? MALFORMED : nameOf(named), status);
}

/** An answer that is no JSON, or not in the shape that its operation has. */
const MALFORMED = "MalformedAnswer";

/** The answer of an operation in its shape. */
export function inShape<Shape extends z.ZodMiniType>(
  shape: Shape,
  operation: string,
  answer: unknown,
): z.output<Shape> {
  const parsed = shape.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new AwsError(operation, MALFORMED, 200);
}

const refusal = z.object({ __type: z.string() });

/** `com.amazonaws.sqs#QueueDoesNotExist` and `QueueDoesNotExist:http://…` are the same name. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization */
function nameOf(type: string): string {
  return type.replace(/[:,].*$/s, "").replace(/^.*#/s, "");
}

/** A secret may stand in it, so the parser's own message must not get out. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
