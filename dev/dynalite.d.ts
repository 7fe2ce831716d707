/** dynalite brings no types. https://github.com/architect/dynalite#api-usage */
declare module "dynalite" {
  import type { Server } from "node:http";

  /** `path` is LevelDB's directory; in memory without it. */
  export default function dynalite(options: { path?: string; createTableMs?: number }): Server;
}
