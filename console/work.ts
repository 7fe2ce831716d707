import type { Target } from "../operator/target.ts";
import type { Live } from "./live.ts";
import type { OneAtATime } from "./one-at-a-time.ts";

/** What the console's routes work with. */
export type ConsoleWork = {
  /** Finds the bundle, again where the last time failed. */
  readonly target: () => Promise<Target>;
  readonly version: string;
  /** An error in words that say what to do. */
  readonly describe: (error: unknown) => string;
  readonly lettersOneAtATime: OneAtATime;
  readonly refresh: Live["refresh"];
  /** Where copies of deleted dead letters go. */
  readonly folder: string;
};
