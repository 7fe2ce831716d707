import type { Consumer } from "../support/consumers.ts";

/** In what is hostile, and must be in no log. */
export const MARK = "MEMBER-OF-ALL";

/** How messages of one kind are made of items, and what a right item has of its own: its name. */
export type ItemKind = {
  readonly name: string;
  readonly consumer: Consumer["name"];
  readonly connection: string;
  readonly item: (name: string) => unknown;
  readonly message: (items: readonly unknown[]) => object;
  readonly isMessage: (value: unknown) => boolean;
  /** Whether the messages ask for annotations, once their events are delivered. */
  readonly isAnnotated?: boolean;
};

const nowMs = Date.now();

const operations = {
  name: "operation",
  consumer: "audience-batcher",
  connection: "cdp",
  item: (key: string) => ({ segment: 0, key, action: "add", at: nowMs, index: 0, id: `id-${key}` }),
  message: (items: readonly unknown[]) => ({
    ...{ v: 1, kind: "audience.operations", connection: "cdp", acceptedAt: nowMs },
    segments: [{ id: "beta", name: "Beta", kind: "user" }],
    operations: items,
  }),
} as const;

const events = {
  name: "event",
  consumer: "metric-forwarder",
  connection: "cdp",
  item: (user: string) => ({
    ...{ type: "custom", key: "bought", contextKeys: { user }, value: 1, data: { plan: "pro" } },
    ...{ at: nowMs, index: 0, id: `id-${user}` },
  }),
  message: (items: readonly unknown[]) => ({
    ...{ v: 1, kind: "metric.events", connection: "cdp", acceptedAt: nowMs },
    events: items,
  }),
} as const;

const change = (name: string) => ({
  ...{
    id: `entry-${name}`,
    entryId: `entry-${name}`,
    accountId: "a",
    at: nowMs,
    index: 0,
    kind: "flag",
    name,
  },
  ...{
    title: "",
    titleVerb: "turned on",
    description: "",
    comment: "",
    site: "/web/test/flags",
    tags: ["qa"],
  },
  accesses: [{ action: "updateOn", resource: "proj/web:env/test:flag/one" }],
  member: { id: "m1", email: "ana@example.com", firstName: "Ana", lastName: "Lima" },
});

const changes = (kind: "flag.change" | "flag.annotation", connection: "changes" | "charts") =>
  ({
    name: `${kind.replace(".", "-")}-${connection}`,
    consumer: "posthog-forwarder",
    connection,
    item: change,
    message: (items: readonly unknown[]) => ({ v: 1, kind, connection, acceptedAt: nowMs, changes: items }),
  }) as const;

export const KINDS: Readonly<Record<string, Omit<ItemKind, "isMessage">>> = {
  "audience operations": operations,
  "metric events": events,
  "flag changes": changes("flag.change", "changes"),
  "flag changes that are annotated": { ...changes("flag.change", "charts"), isAnnotated: true },
  annotations: changes("flag.annotation", "charts"),
};
