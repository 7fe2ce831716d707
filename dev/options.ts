import { join } from "node:path";
import { parseArgs } from "node:util";

export type StartOptions = {
  readonly port: number;
  readonly connections: string;
  readonly secrets: string;
  readonly batchWindowSeconds: number;
  readonly dataDir: string | undefined;
  /** The stack's own without it. */
  readonly holdSeconds: number | undefined;
  readonly quiet: boolean;
  /** How the functions' logs are written; plain without it. */
  readonly log: "plain" | "json" | undefined;
};

export const usage = `npm start -- [--port 3000] [--connections FILE] [--secrets FILE]
             [--batch-window SECONDS] [--data-dir DIR] [--hold SECONDS] [--quiet]
             [--log plain|json]

  --port          where the bundle listens; 0 takes a free port           3000
  --connections   the connections file                                   dev/connections.yml
  --secrets       JSON: the name of each secret and its content          dev/secrets.json
  --batch-window  how long a batch waits for more messages, 0 to 300     1
  --data-dir      keeps queues, ledger and sandbox across restarts       in memory
  --hold          how long a segment waits for what is unanswered,       20
                  8 to 60; function timeouts go with it
  --quiet         no function logs, and no directions to the connections
  --log           plain: one line in words for a request and for a batch plain
                  json: the functions' own lines, for a program

On stdout there is one line, "Flagbridge is ready: URL". All else is on stderr,
in colour on a terminal unless NO_COLOR is set.`;

/** @throws {Error} with a message for the terminal, when an option is unknown or its value will not do. */
export function parseOptions(args: readonly string[]): StartOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "3000" },
      connections: { type: "string", default: join(import.meta.dirname, "connections.yml") },
      secrets: { type: "string", default: join(import.meta.dirname, "secrets.json") },
      "batch-window": { type: "string", default: "1" },
      "data-dir": { type: "string" },
      hold: { type: "string" },
      quiet: { type: "boolean", default: false },
      log: { type: "string" },
    },
  });
  return {
    port: numberOption("--port", values.port, { format: /^\d{1,5}$/, min: 0, max: 65_535 }),
    connections: values.connections,
    secrets: values.secrets,
    batchWindowSeconds: numberOption("--batch-window", values["batch-window"], {
      format: SECONDS,
      min: 0,
      max: 300,
    }),
    dataDir: values["data-dir"],
    holdSeconds:
      values.hold === undefined
        ? undefined
        : numberOption("--hold", values.hold, { format: SECONDS, min: 8, max: 60 }),
    quiet: values.quiet,
    log: logOption(values.log),
  };
}

function logOption(text: string | undefined): StartOptions["log"] {
  if (text === undefined || text === "plain" || text === "json") return text;
  throw new RangeError(`--log: expected plain or json, got '${text}'`);
}

const SECONDS = /^\d{1,3}(\.\d+)?$/;

function numberOption(
  name: string,
  text: string,
  { format, min, max }: { readonly format: RegExp; readonly min: number; readonly max: number },
): number {
  const value = Number(text);
  if (format.test(text) && value >= min && value <= max) return value;
  throw new RangeError(`${name}: expected a number from ${min} to ${max}, got '${text}'`);
}
