import type { Integration } from "../../lib/connections/integrations.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { integrationOf } from "../../lib/connections/source-traits.ts";

/** One way in which connections write segments of an environment. */
export type WayOfWriting = {
  readonly environment: string;
  readonly contextKind: string;
  /** The first connection that writes so, to be named. */
  readonly connection: string;
} & ({ readonly writer: "synced"; readonly integration: Integration } | { readonly writer: "big" | "list" });

/** Every writer of each environment, once; of synced segments once for each integration. */
export function waysOfWriting({ connections }: Pick<Connections, "connections">): readonly WayOfWriting[] {
  const ways = new Map<string, WayOfWriting>();
  for (const [name, connection] of Object.entries(connections)) {
    const { to, writer, contextKind } = connection.audiences;
    for (const environment of to) {
      const common = { environment, contextKind, connection: name };
      const way: WayOfWriting =
        writer === "synced"
          ? { ...common, writer, integration: integrationOf(connection) }
          : { ...common, writer };
      const key = `${environment} ${describeWay(way)}`;
      if (!ways.has(key)) ways.set(key, way);
    }
  }
  return [...ways.values()];
}

/** `list`, or `synced, segment-audiences`. */
export function describeWay(way: WayOfWriting): string {
  return way.writer === "synced" ? `synced, ${way.integration}` : way.writer;
}
