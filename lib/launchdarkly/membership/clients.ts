import { environmentNamed } from "../../connections/find.ts";
import type { Connections } from "../../connections/schema.ts";
import { type Breakers, breakerOf } from "../../http/breaker.ts";
import type { ReadSecrets } from "../../http/credential.ts";
import { limitOf, noLimits } from "../../http/rate-limit.ts";
import type { HttpSession } from "../../http/session.ts";
import { accessToken, type Client, openClient } from "../client.ts";
import { urlsOf } from "../instances.ts";

export type LaunchdarklyPorts = {
  /** How long a request may take, in ms. */
  readonly timeoutMs: number;
  /** Absent: an environment that does not answer is asked again and again. */
  readonly breakers?: Breakers | undefined;
  readonly readSecrets: ReadSecrets<{ readonly accessToken: string }>;
  readonly http: Pick<HttpSession, "send">;
  /** Unix ms. */
  readonly now: () => number;
  readonly userAgent: string;
  /** Told which secret cannot be used, and why, without its value. */
  readonly noteProblem: (problem: string) => void;
};

/**
 * The clients of the environments of connections.yml, by name, with the functions' own tokens. All share what is known of
 * LaunchDarkly's limits.
 * @throws {RangeError} when a client is asked for that has no environment
 */
export function launchdarklyClients(
  connections: Connections,
  { readSecrets, http, now, userAgent, noteProblem, timeoutMs, breakers }: LaunchdarklyPorts,
): (environment: string) => Client {
  const limits = noLimits();
  const clients = new Map<string, Client>();
  return (name) => {
    const environment = environmentNamed(connections, name);
    if (!environment) throw new RangeError(`connections.yml has no environment "${name}" of launchdarkly.`);
    const { secret, instance } = environment;
    const { api } = urlsOf(instance);
    const client =
      clients.get(name) ??
      openClient(
        { api, timeoutMs, userAgent },
        {
          http,
          now,
          accessToken: (after) => accessToken(secret, after, { readSecrets, onProblem: noteProblem }),
          limit: limitOf(limits, { account: api, secret }),
          breaker: breakers && breakerOf(breakers, `${name} members`),
        },
      );
    clients.set(name, client);
    return client;
  };
}
