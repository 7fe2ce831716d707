import { createHash } from "node:crypto";
import type { RuledAudience } from "../lib/connections/audience-rules.ts";
import type { Connection, Connections } from "../lib/connections/schema.ts";
import type { SegmentName } from "../lib/messages/operation.ts";
import type {
  IgnoredByKind,
  Parsed,
  Rejection,
  RoutedOperation,
  SourceRequest,
} from "../lib/sources/source.ts";
import { SOURCES } from "../lib/sources/sources.ts";

/** What one connection would make of a request's body that comes to `/c/<connection>`. */
export type ExplainedEvent = {
  readonly connection: string;
  readonly source: string;
  /** Why the whole body would be refused; null when it would not. */
  readonly refused: string | null;
  /** Each audience that the body names, with what the rules of `audiences` make of it. */
  readonly audiences: readonly ExplainedAudience[];
  readonly becomes: readonly Becomes[];
  readonly ignored: IgnoredByKind;
  readonly rejected: readonly Rejection[];
};

export type ExplainedAudience = {
  /** As the source names it. */
  readonly id: string;
  readonly name: string;
  readonly isSent: boolean;
  /** In the order in which they count. */
  readonly rules: readonly { readonly rule: string; readonly says: string }[];
};

/** One thing that would be queued. Times are ISO 8601. */
export type Becomes =
  | {
      readonly kind: "operation";
      readonly action: "add" | "remove";
      readonly segment: SegmentName;
      readonly context: { readonly kind: string; readonly key: string };
      readonly to: readonly string[];
      readonly at: string;
    }
  | {
      readonly kind: "event";
      readonly key: string;
      readonly contexts: Readonly<Record<string, string>>;
      readonly value: number | null;
      /** The name that `rename` gave this key; null without one. */
      readonly renamedFrom: string | null;
      readonly to: readonly string[];
      readonly at: string;
    }
  | {
      readonly kind: "flag-change";
      readonly id: string;
      readonly to: readonly string[];
      readonly at: string;
    }
  /** A person who would be taken out of everything, under each of these keys. */
  | {
      readonly kind: "erasure";
      readonly contexts: readonly { readonly kind: string; readonly key: string }[];
      readonly at: string;
    };

/**
 * Says what each of the connections would make of a body, rule by rule. It does not look at who sends it.
 * `nowMs` is the receipt, Unix ms.
 */
export function explainEvent(
  body: unknown,
  { connections }: Pick<Connections, "connections">,
  nowMs: number,
): readonly ExplainedEvent[] {
  return Object.entries(connections).map(([name, connection]) => {
    const audiences = new Map<string, ExplainedAudience>();
    const parse = (as: Connection, onAudience?: SourceRequest["onAudience"]): Parsed =>
      SOURCES[connection.source].parse({
        ...{ body, bodyBytes: 0, connection: as, receivedAtMs: nowMs, route: "connection", digest },
        ...(onAudience && { onAudience }),
      });
    const parsed = parse(connection, (named, ruled) =>
      audiences.set(named.id, explainAudience(connection, named, ruled)),
    );
    const renamed = renamedEvents(parsed, connection, parse);
    const outcome = outcomeOf(parsed, connection, { nowMs, renamed });
    return { connection: name, source: connection.source, audiences: [...audiences.values()], ...outcome };
  });
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

type MetricEvent = Extract<Parsed, { readonly kind: "understood" }>["events"][number];

/** The names that events had before `rename`, which several names may share a key by: what a reading without it calls them. */
function renamedEvents(
  parsed: Parsed,
  connection: Connection,
  parse: (as: Connection) => Parsed,
): ReadonlyMap<MetricEvent, string> {
  const { metrics } = connection;
  if (parsed.kind === "malformed" || !metrics || Object.keys(metrics.rename).length === 0) return new Map();
  const plain = parse({ ...connection, metrics: { ...metrics, rename: {} } });
  if (plain.kind === "malformed") return new Map();
  const placeOf = ({ index, id }: MetricEvent): string => `${index} ${id}`;
  const names = new Map(plain.events.map((event) => [placeOf(event), event.key]));
  return new Map(
    parsed.events.flatMap((event) => {
      const name = names.get(placeOf(event));
      return name === undefined || name === event.key ? [] : [[event, name] as const];
    }),
  );
}

/** Whether the connection would take anything of the body. Ignored items alone are not of use. */
export function isOfUse({ becomes }: ExplainedEvent): boolean {
  return becomes.length > 0;
}

function outcomeOf(
  parsed: Parsed,
  connection: Connection,
  { nowMs, renamed }: { readonly nowMs: number; readonly renamed: ReadonlyMap<MetricEvent, string> },
): Omit<ExplainedEvent, "connection" | "source" | "audiences"> {
  if (parsed.kind === "malformed") return { refused: parsed.message, becomes: [], ignored: {}, rejected: [] };
  const { operations, events, changes, erasures, ignoredByKind, rejected } = parsed;
  return {
    refused: null,
    becomes: [
      ...operations.map((operation) => operationOf(operation, connection)),
      ...events.map((event) => eventOf(event, connection, renamed.get(event) ?? null)),
      ...changes.map(({ id, at }) => ({
        ...{ kind: "flag-change" as const, id, to: connection.posthog?.to ?? [], at: iso(at) },
      })),
      ...erasures.map(({ contexts }) => ({ kind: "erasure" as const, contexts, at: iso(nowMs) })),
    ],
    ignored: ignoredByKind,
    rejected,
  };
}

function operationOf(operation: RoutedOperation, { audiences }: Connection): Becomes {
  const { action, segment, contextKind, contextKey, version, to = audiences.to } = operation;
  const context = { kind: contextKind, key: contextKey };
  return { kind: "operation", action, segment, context, to, at: iso(version[0]) };
}

function eventOf(event: MetricEvent, { metrics }: Connection, renamedFrom: string | null): Becomes {
  const shared = { kind: "event" as const, key: event.key, to: metrics?.to ?? [], at: iso(event.at) };
  if (event.type === "alias") {
    const contexts = { user: event.key, previous: event.previousKey };
    return { ...shared, key: "alias", contexts, value: null, renamedFrom: null };
  }
  return { ...shared, contexts: event.contextKeys, value: event.value ?? null, renamedFrom };
}

/** The rules that the connection has, and those values of an audience that a rule may change, with where they are from. */
function explainAudience(
  { audiences }: Connection,
  { id, name }: SegmentName,
  ruled: RuledAudience,
): ExplainedAudience {
  const { only, except, rename, byAudience } = audiences;
  const own = byAudience && Object.hasOwn(byAudience, id) ? byAudience[id] : undefined;
  const selection = [
    ...(only ? [{ rule: "only", says: only.includes(id) ? "lists it" : "does not list it" }] : []),
    ...(except ? [{ rule: "except", says: except.includes(id) ? "lists it" : "does not list it" }] : []),
  ];
  if (ruled.kind === "left-out") return { id, name, isSent: false, rules: selection };
  const { segment, contextKind, contextKeys, to } = ruled;
  const isRenamed = rename !== undefined && Object.hasOwn(rename, id);
  const from = (option: "contextKind" | "contextKey" | "to"): string =>
    own?.[option] === undefined ? "" : ", by byAudience";
  return {
    id,
    name,
    isSent: true,
    rules: [
      ...selection,
      ...(rename
        ? [{ rule: "rename", says: isRenamed ? `${segment.id} (${segment.name})` : "does not name it" }]
        : []),
      { rule: "contextKind", says: `${contextKind}${from("contextKind")}` },
      ...(contextKeys.length > 0
        ? [{ rule: "contextKey", says: `${contextKeys.join(", else ")}${from("contextKey")}` }]
        : []),
      { rule: "to", says: `${(to ?? audiences.to).join(", ")}${from("to")}` },
    ],
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
