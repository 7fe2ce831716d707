import { createHash } from "node:crypto";
import { type IngestPorts, type IngestRequest, ingest } from "../../functions/ingest/ingest.ts";
import type { ConnectionSecret } from "../../lib/connections/check-secrets.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import type { SendParcel } from "../../lib/connections/queues.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import type { SecretAnswer } from "../../lib/http/credential.ts";
import { audienceOperationsMessage, operationsOf } from "../../lib/messages/audience-operations.ts";
import { erasureRequestMessage } from "../../lib/messages/erasure-request.ts";
import { flagChangesMessage } from "../../lib/messages/flag-changes.ts";
import { metricEventsMessage } from "../../lib/messages/metric-events.ts";
import type { Replays } from "../../lib/replays/replays.ts";
import { memoryReplays } from "./memory-replays.ts";
import { undocumented } from "./openapi-document.ts";
import { queuedBodies } from "./queued-bodies.ts";

export const RECEIVED_AT = Date.parse("2026-05-03T12:00:00.000Z");

/** Two connections: `engage` of source segment, `own` of source flagbridge with a header of its own. */
export function twoConnections(): Connections {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    connections: {
      engage: { source: "segment", secret: "engage-secret", audiences: { to: ["production"] } },
      own: { source: "flagbridge", secret: "own-secret", header: "X-Key", audiences: { to: ["production"] } },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  return checked.connections;
}

/** One connection, `cdp`, of this source and with this in connections.yml: to `production` or, of flag changes, to `main`. */
export function oneConnection({
  source,
  audiences,
  metrics,
  posthog,
  erasures,
}: {
  readonly source: string;
  readonly audiences?: object;
  readonly metrics?: object | undefined;
  readonly posthog?: object | undefined;
  readonly erasures?: boolean | undefined;
}): Connections {
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
    connections: {
      cdp: {
        source,
        secret: "cdp",
        ...(posthog
          ? { posthog: { to: ["main"], ...posthog } }
          : { audiences: { to: ["production"], ...audiences } }),
        ...(metrics && { metrics: { to: ["production"], ...metrics } }),
        ...(erasures !== undefined && { erasures }),
      },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  return checked.connections;
}

export const usable = (value: ConnectionSecret): SecretAnswer<ConnectionSecret> => ({
  kind: "usable",
  value,
});

/**
 * Ingest in memory: the real thing but for the queue and the secrets, which the test holds in its hands. Every answer is compared
 * with openapi.yaml.
 */
export function ingestInMemory(options: {
  readonly secrets?: Record<string, SecretAnswer<ConnectionSecret>>;
  /** What the secrets are from the first refresh on. */
  readonly refreshed?: Record<string, SecretAnswer<ConnectionSecret>>;
  readonly send?: SendParcel;
  /** A memory of its own by default. */
  readonly replays?: Replays;
  /** {@link twoConnections} by default. */
  readonly connections?: Connections;
  /** The document; an empty one by default. */
  readonly openapi?: () => string;
  /** Unix ms; {@link RECEIVED_AT} by default. Asked anew for each request. */
  readonly receivedAtMs?: number | (() => number);
}) {
  const reads: string[] = [];
  const queued = queuedBodies();
  const secrets = options.secrets ?? {
    "engage-secret": usable({ writeKeys: ["write-key"] }),
    "own-secret": usable({ tokens: ["token"] }),
  };
  const ports: IngestPorts = {
    connections: options.connections ?? twoConnections(),
    readSecrets: async (names, freshness) => {
      reads.push(`${freshness} ${names.join(" ")}`);
      const current = freshness === "refreshed" ? (options.refreshed ?? secrets) : secrets;
      return new Map(
        names.map((name) => [name, current[name] ?? { kind: "unusable", problem: `no ${name}` }]),
      );
    },
    send: options.send ?? queued.send,
    replays: options.replays ?? memoryReplays(),
    now: () => {
      const { receivedAtMs = RECEIVED_AT } = options;
      return typeof receivedAtMs === "number" ? receivedAtMs : receivedAtMs();
    },
    digest: (text) => createHash("sha256").update(text).digest("hex"),
    version: "1.2.3",
    openapi: options.openapi ?? (() => "{}"),
  };
  const call = async (request: Partial<IngestRequest>) => {
    const whole = {
      method: "POST",
      path: "/v1/batch",
      headers: {},
      body: undefined,
      isBase64Encoded: false,
      requestId: "request-1",
      ...request,
    };
    const { answer, record } = await ingest(whole, ports);
    const { statusCode: status, headers, body: text } = answer;
    const complaints = undocumented({ method: whole.method, path: whole.path, status, headers, text });
    if (complaints.length > 0) throw new Error(`openapi.yaml says otherwise: ${complaints.join("; ")}`);
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      json: parse(answer.body),
      record,
    };
  };
  return {
    call,
    reads,
    queued: queued.of["audience-operations"],
    /** What each queue holds. */
    held: queued.held,
    operations: () =>
      queued.of["audience-operations"].flatMap((body) =>
        operationsOf(audienceOperationsMessage.parse(JSON.parse(body))),
      ),
    events: () =>
      queued.of["metric-events"].flatMap((body) => metricEventsMessage.parse(JSON.parse(body)).events),
    erasures: () => queued.of.erasures.map((body) => erasureRequestMessage.parse(JSON.parse(body))),
    changes: () =>
      queued.of["flag-changes"].flatMap((body) => flagChangesMessage.parse(JSON.parse(body)).changes),
  };
}

function parse(text: string): unknown {
  return text === "" ? undefined : JSON.parse(text);
}

export const basic = (user: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${user}:`).toString("base64")}`,
});

/** An Engage identify call that adds `user-<index>` to one audience. */
export function engageIdentify(index = 0) {
  return {
    type: "identify",
    messageId: `message-${index}`,
    userId: `user-${index}`,
    timestamp: "2026-05-03T11:59:00.000Z",
    traits: { vip: true },
    context: {
      personas: { computation_class: "audience", computation_key: "vip", computation_id: "aud_vip" },
    },
  };
}
