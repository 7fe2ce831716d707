import { type DestinationQueue, queuesOf } from "../../lib/connections/queues.ts";
import type {
  Connections,
  FlagChangeSettings,
  LaunchDarklyEnvironment,
} from "../../lib/connections/schema.ts";
import { limitOf, type RateLimits } from "../../lib/http/rate-limit.ts";
import { type AuditLog, auditLog } from "../../lib/launchdarkly/audit-log/request.ts";
import { type ClientPorts, openClient } from "../../lib/launchdarkly/client.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";

/** What one connection reads of an audit log by one resource specifier. */
export type Feed = {
  readonly connection: string;
  readonly spec: string;
  /** The environment of `launchdarkly` whose token reads it, and what an operator has to know of it. */
  readonly using: { readonly environment: string; readonly secret: string; readonly api: string };
  readonly everyMs: number;
  readonly overlapMs: number;
  /** The filters of the connection's webhook. */
  readonly only: FlagChangeSettings["only"];
  readonly log: AuditLog;
  /** Where its changes go: one queue for each project. */
  readonly queues: readonly DestinationQueue[];
};

export type FeedPorts = Pick<ClientPorts, "http" | "now"> & {
  /** The access token in the secret of this name; `after` as for {@link ClientPorts.accessToken}. */
  readonly accessToken: (secret: string, after?: string) => Promise<string>;
  /** Shared by all feeds: LaunchDarkly counts by account, route and token. */
  readonly limits: RateLimits;
  readonly timeoutMs: number;
  readonly userAgent: string;
};

/** Everything that is to be swept: each specifier of each connection with `sweep`. */
export function feedsOf({ connections, launchdarkly }: Connections, ports: FeedPorts): Feed[] {
  return Object.entries(connections).flatMap(([name, connection]) => {
    const { sweep, posthog } = connection;
    const environment = sweep && launchdarkly[sweep.using];
    if (!environment || !posthog) return [];
    const { secret } = environment;
    const { api } = urlsOf(environment.instance);
    const log = readerOf(environment, api, ports);
    const queues = queuesOf(connection, "flag-changes");
    return sweep.spec.map((spec) => ({
      connection: name,
      spec,
      using: { environment: sweep.using, secret, api },
      everyMs: sweep.every,
      overlapMs: sweep.overlap,
      only: posthog.only,
      log,
      queues,
    }));
  });
}

function readerOf({ secret }: LaunchDarklyEnvironment, api: string, ports: FeedPorts): AuditLog {
  return auditLog(
    openClient(
      { api, timeoutMs: ports.timeoutMs, userAgent: ports.userAgent },
      {
        http: ports.http,
        now: ports.now,
        accessToken: (after) => ports.accessToken(secret, after),
        limit: limitOf(ports.limits, { account: api, secret }),
      },
    ),
  );
}
