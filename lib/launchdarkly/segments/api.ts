import type { Unready, WriteAnswer } from "../../audience/segment-writer.ts";
import { wasReplaced } from "../../http/credential.ts";
import { afterAnswer, closedUntil } from "../../http/rate-limit.ts";
import type { HttpRequest } from "../../http/session.ts";
import { API_VERSION, type ApiPorts, type ApiSettings } from "../rest-api.ts";
import { outcomeOf } from "./outcome.ts";

export type ApiRequest = Pick<HttpRequest, "method" | "maxAnswerBytes"> & {
  /** Behind the base URL, with a slash in front. */
  readonly path: string;
  /** The path without what is in it, which LaunchDarkly counts requests by. */
  readonly route: string;
  readonly body?: object;
  readonly contentType?: string;
};

/** An answer: its status and text where there is one, and what it means for a segment. */
export type ApiAnswer = {
  readonly status: number | undefined;
  readonly body: string;
  readonly means: WriteAnswer;
};

/** LaunchDarkly's REST API as the segment writers use it. */
export type Api = {
  /** When a request of this route may start, if the limits seen so far say that one would be refused now. */
  readonly closedUntilMs: (request: Pick<ApiRequest, "method" | "route">) => number | undefined;
  /** The way to send requests with the access token as it is now. */
  readonly authorized: () => Promise<
    { readonly kind: "authorized"; readonly send: (request: ApiRequest) => Promise<ApiAnswer> } | Unready
  >;
};

/**
 * One request a call, never repeated here: the hold covers one. A refused token is read again, and if another one has
 * taken its place, the request is one that never took effect. Every answer's limit headers are kept, and what they say
 * would be refused is not sent.
 */
export function openApi(settings: ApiSettings, ports: ApiPorts): Api {
  const send = async (request: ApiRequest, token: string): Promise<ApiAnswer> => {
    const counted = { route: routeOf(request), token };
    const closed = closedUntil(ports.limit.get(counted), ports.now());
    if (closed !== undefined)
      return { status: undefined, body: "", means: { kind: "limited", notBeforeMs: closed } };
    const answer = await ports.http.send({
      method: request.method,
      url: `${settings.api}${request.path}`,
      headers: {
        authorization: token,
        "content-type": request.contentType ?? "application/json",
        "ld-api-version": API_VERSION,
        "user-agent": settings.userAgent,
      },
      body: request.body === undefined ? "" : JSON.stringify(request.body),
      timeoutMs: settings.timeoutMs,
      ...(request.maxAnswerBytes !== undefined && { maxAnswerBytes: request.maxAnswerBytes }),
    });
    if (answer.kind !== "answered") return { status: undefined, body: "", means: answer };
    const { status, body } = answer;
    const nowMs = ports.now();
    ports.limit.set(afterAnswer(ports.limit.get(counted), { ...answer, nowMs }), counted);
    if (status === 401 && (await wasReplaced(token, ports.accessToken)))
      return { status, body, means: { kind: "unsent", reason: "token-rotated" } };
    return { status, body, means: outcomeOf(answer, closedUntil(ports.limit.get(counted), nowMs) ?? nowMs) };
  };
  return {
    closedUntilMs: (request) => closedUntil(ports.limit.get({ route: routeOf(request) }), ports.now()),
    authorized: async () => {
      try {
        const token = await ports.accessToken();
        return { kind: "authorized", send: (request) => send(request, token) };
      } catch {
        // The reader has logged which secret and why.
        return { kind: "misconfigured", reason: "secret-unreadable" };
      }
    },
  };
}

function routeOf({ method, route }: Pick<ApiRequest, "method" | "route">): string {
  return `${method} ${route}`;
}
