import { awaitsProbe, type Breaker, type Closed, closedBy, openState } from "../http/breaker.ts";
import { type SecretPorts, secretValue } from "../http/credential.ts";
import {
  authorize,
  type CallOutcome,
  closedDestination,
  type Destination,
  destinationCall,
  type Meanings,
  type SendWith,
  type Unauthorized,
} from "../http/destination-call.ts";
import { closedUntil, type LimitStore } from "../http/rate-limit.ts";
import type { HttpRequest, HttpSession } from "../http/session.ts";

/**
 * Sent with every request: a token otherwise carries the version of the day it was made. The one before, 20220603, ends on
 * 2026-12-31. https://launchdarkly.com/docs/api#versioning
 */
const API_VERSION = "20240415";

/** Where a LaunchDarkly instance is, and how it is called. */
export type ClientSettings = {
  /** Base URL of the REST API, without a slash at the end. */
  readonly api: string;
  readonly timeoutMs: number;
  readonly userAgent: string;
};

export type ClientPorts = {
  readonly http: Pick<HttpSession, "send">;
  /** Unix ms. */
  readonly now: () => number;
  /** `after`: the token that was refused; a newer one may have been put in its place. */
  readonly accessToken: (after?: string) => Promise<string>;
  /** What has been seen of the limits of this token, of the routes and of the account. */
  readonly limit: LimitStore;
  /** As for {@link Destination}. */
  readonly breaker?: Breaker | undefined;
};

export type ApiRequest = Pick<HttpRequest, "method" | "maxAnswerBytes"> & {
  /** Behind the base URL, with a slash in front. */
  readonly path: string;
  /** The path with its parameters' names, by which LaunchDarkly counts. */
  readonly route: string;
  readonly body?: object;
  /** JSON unless it says so. */
  readonly contentType?: string;
};

/** LaunchDarkly's REST API with one access token: every request to it is made here, each once and never repeated. */
export type Client = {
  /** When a request of this route may start, Unix ms; undefined means now. */
  readonly closedUntilMs: (request: Pick<ApiRequest, "method" | "route">) => number | undefined;
  /** Whether nothing is asked of it at the moment, by what has been seen so far. */
  readonly closed: () => Closed | undefined;
  /** The same once its secret has been looked at, where that may open it: {@link closedDestination}. */
  readonly closedNow: () => Promise<Closed | undefined>;
  /** Whether the next request asks if it is back. */
  readonly awaitsProbe: () => boolean;
  readonly call: (request: ApiRequest, meanings: Meanings) => Promise<CallOutcome>;
  /** The way to make requests with the access token as it is now, for whoever must not wait for a secret later. */
  readonly authorize: () => Promise<
    { readonly kind: "authorized"; readonly call: Client["call"] } | Unauthorized
  >;
};

export function openClient({ api, timeoutMs, userAgent }: ClientSettings, ports: ClientPorts): Client {
  const { http, now, limit, breaker, accessToken } = ports;
  const destination: Destination = { now, limit, breaker, credential: accessToken };
  const sendOf =
    ({ method, path, body, contentType, maxAnswerBytes }: ApiRequest): SendWith =>
    (token) =>
      http.send({
        method,
        url: `${api}${path}`,
        headers: {
          ...(token !== undefined && { authorization: token }),
          ...(body !== undefined && { "content-type": contentType ?? "application/json" }),
          "ld-api-version": API_VERSION,
          "user-agent": userAgent,
        },
        body: body === undefined ? "" : JSON.stringify(body),
        timeoutMs,
        ...(maxAnswerBytes !== undefined && { maxAnswerBytes }),
      });
  return {
    closed: () => closedBy(breaker?.get() ?? openState, now()),
    closedNow: () => closedDestination(destination),
    awaitsProbe: () => awaitsProbe(breaker?.get() ?? openState, now()),
    closedUntilMs: (request) => closedUntil(limit.get({ route: routeOf(request) }), now()),
    call: (request, meanings) =>
      destinationCall(sendOf(request), destination, { meanings, route: routeOf(request) }),
    authorize: async () => {
      const access = await authorize(destination);
      if (access.kind !== "authorized") return access;
      return {
        kind: "authorized",
        call: (request, meanings) => access.call(sendOf(request), { meanings, route: routeOf(request) }),
      };
    },
  };
}

function routeOf({ method, route }: Pick<ApiRequest, "method" | "route">): string {
  return `${method} ${route}`;
}

/**
 * The access token in a secret. `after` is a token that LaunchDarkly has refused: then the secret is read again, at
 * most every 30 s, because it may have been rotated.
 *
 * @throws {Error} naming what is wrong with the secret, after `onProblem` has been told.
 */
export async function accessToken(
  secret: string,
  after: string | undefined,
  ports: SecretPorts<{ readonly accessToken: string }>,
): Promise<string> {
  const value = await secretValue(secret, after === undefined ? "cached" : "refreshed", ports);
  return value.accessToken;
}
