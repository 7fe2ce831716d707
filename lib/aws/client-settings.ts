import { type HttpHandler, HttpResponse } from "@smithy/core/protocols";
import { NodeHttpHandler, streamCollector } from "@smithy/node-http-handler";

export type ClientLimits = {
  /** How often a call is made before it has failed. The SDK repeats only what may pass by itself. */
  readonly attempts: number;
  readonly connectionTimeoutMs: number;
  /** Longest one attempt may take, the body of its answer included. */
  readonly timeoutMs: number;
  readonly maxSockets: number;
  /** When an unused connection is closed. Without a value it stays open until the other side closes it. */
  readonly idleMs?: number;
};

/**
 * What every client of the AWS SDK here is constructed with. Region, credentials and endpoint are left to the SDK, which
 * takes them from the environment.
 */
export function clientSettings(limits: ClientLimits) {
  return {
    maxAttempts: limits.attempts,
    // The adaptive mode, which an environment variable could choose, waits for longer than a call may take.
    retryMode: "standard",
    // Without it the SDK builds its chain of middlewares anew for every call. The cache is only used for calls without
    // options, which is why the time limit is in the handler.
    cacheMiddleware: true,
    requestHandler: limitedHandler(limits),
  } as const;
}

/**
 * The SDK's own HTTP handler with a time limit on an attempt. The SDK's `requestTimeout` ends when the headers have come, and
 * its `socketTimeout` starts again with every byte: a body that stands still, or that drips, would hold a call open.
 */
function limitedHandler(limits: ClientLimits): HttpHandler {
  const agent = {
    keepAlive: true,
    maxSockets: limits.maxSockets,
    ...(limits.idleMs !== undefined && { timeout: limits.idleMs }),
  };
  const handler = new NodeHttpHandler({
    connectionTimeout: limits.connectionTimeoutMs,
    httpAgent: agent,
    httpsAgent: agent,
  });
  return {
    metadata: handler.metadata,
    handle: async (request) => {
      const abortSignal = AbortSignal.timeout(limits.timeoutMs);
      try {
        const { response } = await handler.handle(request, { abortSignal });
        const body = await streamCollector(response.body);
        // The SDK would read an empty object from it, which looks like a write that left nothing to do.
        if (response.statusCode === 200 && body.byteLength === 0) throw new EmptyAnswerError();
        return { response: new HttpResponse({ ...response, body }) };
      } catch (error) {
        // The abort surfaces as different errors. All of them are timeouts, and the SDK repeats timeouts.
        throw abortSignal.aborted ? abortSignal.reason : error;
      }
    },
    destroy: () => handler.destroy(),
    updateHttpClientConfig: (key, value) => handler.updateHttpClientConfig(key, value),
    httpHandlerConfigs: () => handler.httpHandlerConfigs(),
  };
}

/** AWS answered 200 without a body. Each of the operations that are used here has one, an empty object at least. */
class EmptyAnswerError extends Error {
  override readonly name = "EmptyAnswer";

  constructor() {
    super("AWS answered with status 200 and no body");
  }
}
