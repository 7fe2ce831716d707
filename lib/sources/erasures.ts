import type { Connection } from "../connections/schema.ts";
import { contextKeyNames } from "../connections/source-traits.ts";
import { contextKeyOf, missingContextKey } from "./context.ts";
import { fault, type ItemFault, isAbsent, type Meaning } from "./items.ts";
import { SEGMENT_STYLE } from "./metrics.ts";
import type { SourceRequest } from "./source.ts";

/** The most people that a request may want erased. Segment takes as many in one call, and each becomes a message. */
export const MAX_ERASURES = 5_000;

/**
 * Why a request may not erase anybody; undefined when it may. Write keys are in browsers, and `/v1/…` takes no other proof: whoever reads
 * a page's source could erase anybody.
 */
export function erasureFault({
  connection,
  provenBy,
  route,
}: Pick<SourceRequest, "connection" | "provenBy" | "route">): ItemFault | undefined {
  if (!connection.erasures || route !== "connection") return NOT_CONFIGURED;
  return provenBy === "writeKeys" ? BY_WRITE_KEY : undefined;
}

const NOT_CONFIGURED = fault(
  "erasures_not_configured",
  "",
  "expected a connection with erasures: true, at /c/<connection>",
);

const BY_WRITE_KEY = fault(
  "erasures_not_configured",
  "",
  "expected a token or a signature: a write key may be in a browser, and erases nobody",
);

/**
 * The meaning of a request to erase a person whom some fields name: every key that it has under a kind that the connection uses.
 * `find` returns the value under a name and the place of the field.
 */
export function erasureMeaning(
  connection: Connection,
  find: (name: string) => readonly [value: unknown, field: string],
): Meaning {
  const contexts = new Map<string, { readonly kind: string; readonly key: string }>();
  const names = new Set<string>();
  for (const [kind, name] of keysUsedBy(connection)) {
    names.add(name);
    const [value, field] = find(name);
    if (isAbsent(value) || value === "") continue;
    const key = contextKeyOf(value, field);
    if (typeof key !== "string") return key;
    contexts.set(JSON.stringify([kind, key]), { kind, key });
  }
  if (contexts.size > 0) return { kind: "erasure", erasure: { contexts: [...contexts.values()] } };
  return missingContextKey([...names]);
}

/** Under which context kinds a connection uses which fields: those of its audiences, and those of its metric events. */
function keysUsedBy(connection: Connection): readonly (readonly [kind: string, name: string])[] {
  const { audiences, metrics } = connection;
  const own = Object.values(audiences.byAudience ?? {});
  const kinds = new Set([audiences.contextKind, ...own.flatMap(({ contextKind }) => contextKind ?? [])]);
  const names = new Set([
    // The vendors' requests name the user by this, whatever the connection's audiences read.
    "userId",
    ...contextKeyNames(connection),
    ...own.flatMap(({ contextKey }) => contextKey ?? []),
  ]);
  const ofMetrics = metrics && (metrics.contextKeys ?? SEGMENT_STYLE.defaultKeys(metrics.contextKind));
  return [...[...kinds].map((kind) => [kind, names] as const), ...Object.entries(ofMetrics ?? {})].flatMap(
    ([kind, from]) => [...from].map((name) => [kind, name] as const),
  );
}
