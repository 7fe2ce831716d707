import type { Connection, Connections } from "./schema.ts";

/** The connection of this name; the names of the file only, so not `constructor`. */
export function connectionNamed({ connections }: Connections, name: string): Connection | undefined {
  return Object.hasOwn(connections, name) ? connections[name] : undefined;
}
