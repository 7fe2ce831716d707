import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Console } from "../console/open-console.ts";
import { keptToken } from "../console/token.ts";
import packageJson from "../package.json" with { type: "json" };

const CACHE = join(import.meta.dirname, "../node_modules/.cache/flagbridge");

export type ConsoleDoor = {
  /** What opens the console in a browser: the token is in it. */
  readonly url: string;
  readonly listener: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Loads and builds what the first request would wait for. */
  readonly prepare: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** The console of this stack. Nothing of it is loaded before somebody wants it: a stack that is started for a test has none. */
export function consoleDoor({ url, port }: { readonly url: string; readonly port: number }): ConsoleDoor {
  const token = keptToken(CACHE, port);
  let opened: Promise<Console> | undefined;
  const console = (): Promise<Console> => {
    opened ??= open();
    return opened;
  };
  const open = async (): Promise<Console> => {
    const { openConsole } = await import("../console/open-console.ts");
    return openConsole({
      token,
      port: () => port,
      version: packageJson.version,
      folder: process.cwd(),
      openTarget: async () => {
        const { openTarget } = await import("../operator/target.ts");
        return openTarget({ url, environment: {} });
      },
    });
  };
  return {
    url: `${url}/console?token=${token}`,
    listener: async (request, response) => (await console()).listener(request, response),
    prepare: async () => (await console()).prepare(),
    stop: async () => (await opened)?.stop(),
  };
}
