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
import type { InTurn, Proof } from "../http/proof.ts";
import { closedUntil, type LimitStore } from "../http/rate-limit.ts";
import type { HttpRequest, HttpSession } from "../http/session.ts";

/**
 * Every request states this version; otherwise the token's version counts, which is that of the day it was created. The
 * version before, 20220603, ends on 2026-12-31. https://launchdarkly.com/docs/api#versioning
 */
export const API_VERSION = "20240415";

/** The address of a LaunchDarkly instance, and the means to call it. */
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
  /** `after` is the token that was refused; somebody may have replaced it since. */
  readonly accessToken: (after?: string) => Promise<string>;
  /** The limits seen so far of this token, the routes and the account. */
  readonly limit: LimitStore;
  /** As for {@link Destination}. */
  readonly breaker?: Breaker | undefined;
};

export type ApiRequest = Pick<HttpRequest, "method" | "maxAnswerBytes"> & {
  /** The path after the base URL, with a leading slash. */
  readonly path: string;
  /** The path with the names of its parameters; LaunchDarkly counts requests by it. */
  readonly route: string;
  readonly body?: object;
  /** The content type of the body; JSON if absent. */
  readonly contentType?: string;
  /** `beta` for what LaunchDarkly calls so; `token's`: no version is stated, so that the answer tells which the token has. */
  readonly version?: "beta" | "token's";
};

/** LaunchDarkly's REST API with one access token. Every request to it is made here, exactly once. */
export type Client = {
  /** When a request of this route may start, Unix ms; undefined means now. */
  readonly closedUntilMs: (request: Pick<ApiRequest, "method" | "route">) => number | undefined;
  /** Whether no request is sent to it at the moment, judging by its answers so far. */
  readonly closed: () => Closed | undefined;
  /** The same after reading its secret again, if that may open it: {@link closedDestination}. */
  readonly closedNow: () => Promise<Closed | undefined>;
  /** Does the work of one segment: {@link Proof.inTurn}. */
  readonly inTurn: InTurn;
  /** Whether the next request asks if it is back. */
  readonly awaitsProbe: () => boolean;
  readonly call: (request: ApiRequest, meanings: Meanings) => Promise<CallOutcome>;
  /** Returns a function that sends requests with the current access token, for callers that must not wait for a secret later. */
  readonly authorize: () => Promise<
    { readonly kind: "authorized"; readonly call: Client["call"] } | Unauthorized
  >;
};

export function openClient({ api, timeoutMs, userAgent }: ClientSettings, ports: ClientPorts): Client {
  const { http, now, limit, breaker, accessToken } = ports;
  const destination: Destination = { now, limit, breaker, credential: accessToken };
  const sendOf =
    ({ method, path, body, contentType, maxAnswerBytes, version }: ApiRequest): SendWith =>
    (token) =>
      http.send({
        method,
        url: `${api}${path}`,
        headers: {
          ...(token !== undefined && { authorization: token }),
          ...(body !== undefined && { "content-type": contentType ?? "application/json" }),
          ...(version !== "token's" && { "ld-api-version": version ?? API_VERSION }),
          "user-agent": userAgent,
        },
        body: body === undefined ? "" : JSON.stringify(body),
        timeoutMs,
        ...(maxAnswerBytes !== undefined && { maxAnswerBytes }),
      });
  return {
    closed: () => closedBy(breaker?.get() ?? openState, now()),
    closedNow: () => closedDestination(destination),
    inTurn: breaker?.proof.inTurn ?? ((work) => work()),
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
 * Returns the access token in a secret. `after` is a token that LaunchDarkly has refused: then the secret is read again, at
 * most every 30 s, because the token may have been rotated.
 *
 * @throws {Error} that names what is wrong with the secret, after `onProblem` was called.
 */
export async function accessToken(
  secret: string,
  after: string | undefined,
  ports: SecretPorts<{ readonly accessToken: string }>,
): Promise<string> {
  const value = await secretValue(secret, after === undefined ? "cached" : "refreshed", ports);
  return value.accessToken;
}
