import { environmentNamed } from "../lib/connections/find.ts";
import type { Connections } from "../lib/connections/schema.ts";
import type { ReadSecrets } from "../lib/http/credential.ts";
import { limitOf, noLimits } from "../lib/http/rate-limit.ts";
import type { HttpSession } from "../lib/http/session.ts";
import { accessToken, type Client, openClient } from "../lib/launchdarkly/client.ts";
import { urlsOf } from "../lib/launchdarkly/instances.ts";
import { OperatorProblem } from "./problem.ts";

export type LaunchdarklyPorts = {
  readonly readSecrets: ReadSecrets<{ readonly accessToken: string }>;
  readonly http: Pick<HttpSession, "send">;
  /** Unix ms. */
  readonly now: () => number;
  readonly userAgent: string;
  /** Told which secret cannot be used, and why, without its value. */
  readonly noteProblem: (problem: string) => void;
};

/** A person waits for an answer that may be a segment of 15,000 long keys. */
const TIMEOUT_MS = 30_000;

/**
 * The clients of the environments of connections.yml, by name, with the functions' own tokens. All share what is known of
 * LaunchDarkly's limits.
 */
export function launchdarklyClients(
  connections: Connections,
  { readSecrets, http, now, userAgent, noteProblem }: LaunchdarklyPorts,
): (environment: string) => Client {
  const limits = noLimits();
  const clients = new Map<string, Client>();
  return (name) => {
    const environment = environmentNamed(connections, name);
    if (!environment)
      throw new OperatorProblem(`connections.yml has no environment "${name}" of launchdarkly.`);
    const { secret, instance } = environment;
    const { api } = urlsOf(instance);
    const client =
      clients.get(name) ??
      openClient(
        { api, timeoutMs: TIMEOUT_MS, userAgent },
        {
          http,
          now,
          accessToken: (after) => accessToken(secret, after, { readSecrets, onProblem: noteProblem }),
          limit: limitOf(limits, { account: api, secret }),
        },
      );
    clients.set(name, client);
    return client;
  };
}
