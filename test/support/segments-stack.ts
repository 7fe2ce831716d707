import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type CommandEnd, flagbridge } from "./flagbridge.ts";
import { SANDBOX_INSTANCE, stackFiles } from "./stack-files.ts";
import { type StackProcess, startStackProcess } from "./stack-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A local stack with a connection for each kind of segment, whose name is the connection's: `big`, `list` and `synced`. */
export type SegmentsStack = {
  readonly stack: StackProcess;
  /** Runs a command line against it. */
  readonly flagbridge: (...args: readonly string[]) => Promise<CommandEnd>;
  /** Sends operations through a connection, and answers when they are queued. */
  readonly send: (connection: string, ...operations: readonly SentOperation[]) => Promise<void>;
  /** A request to LaunchDarkly's API, as a person would make one. */
  readonly launchdarkly: (method: string, path: string, body?: object, type?: string) => Promise<Response>;
  /** The next requests for segments are answered so, from now on for this often. */
  readonly orderFault: (fault: object) => Promise<void>;
  readonly clearFaults: () => Promise<void>;
  /** The members of a segment in the sandbox, by the name that it has for the writer. */
  readonly membersOf: (integration: string, id: string) => Promise<readonly string[]>;
  /** How many requests for segments LaunchDarkly had. */
  readonly requests: () => Promise<number>;
  readonly folder: string;
  readonly stop: () => Promise<void>;
};

export type SentOperation = {
  readonly segment: string;
  readonly key: string;
  readonly action: "add" | "remove";
  readonly kind?: string;
  /** ISO 8601. */
  readonly at?: string;
  readonly id?: string;
};

const WRITERS = ["big", "list", "synced"];

export async function startSegmentsStack(options: readonly string[] = []): Promise<SegmentsStack> {
  const folder = await temporaryFolder();
  const connections = [
    "launchdarkly:",
    `  production: { clientSideId: "id", instance: ${SANDBOX_INSTANCE}, project: web, environment: production, secret: launchdarkly }`,
    "connections:",
    ...WRITERS.map(
      (writer) =>
        `  ${writer}: { source: flagbridge, secret: ${writer}, audiences: { to: [production], writer: ${writer} } }`,
    ),
  ].join("\n");
  const secrets = {
    launchdarkly: { accessToken: "token" },
    ...Object.fromEntries(WRITERS.map((writer) => [writer, { tokens: [`${writer}-token`] }])),
  };
  const files = await stackFiles(folder, { connections, secrets });
  const stack = await startStackProcess([...files, "--batch-window", "0", "--log", "json", ...options]);
  const sandbox = `${stack.url}/sandbox/launchdarkly`;
  return {
    stack,
    folder: folder.path,
    flagbridge: (...args) => flagbridge([...args, "--url", stack.url], { cwd: folder.path }),
    send: async (connection, ...operations) => {
      const answer = await fetch(`${stack.url}/c/${connection}`, {
        method: "POST",
        headers: { authorization: `Bearer ${connection}-token` },
        body: JSON.stringify({ audienceOperations: operations.map(asSent) }),
      });
      const { accepted } = accepting.parse(await answer.json());
      if (accepted !== operations.length)
        throw new Error(`${accepted} of ${operations.length} were accepted`);
    },
    launchdarkly: (method, path, body, type = "application/json") =>
      fetch(`${sandbox}${path}`, {
        method,
        headers: { authorization: "token", "content-type": type },
        ...(body && { body: JSON.stringify(body) }),
      }),
    orderFault: async (fault) => {
      const answer = await fetch(`${sandbox}/faults`, {
        method: "POST",
        body: JSON.stringify({ faults: [fault] }),
      });
      if (!answer.ok) throw new Error(await answer.text());
    },
    clearFaults: async () => void (await fetch(`${sandbox}/faults`, { method: "DELETE" })),
    membersOf: async (integration, id) => {
      const { segments } = segmentList.parse(await (await fetch(`${sandbox}/segments`)).json());
      return segments
        .filter((segment) => segment.integration === integration && segment.id === id)
        .flatMap(({ members }) => members);
    },
    requests: async () => counted.parse(await (await fetch(`${sandbox}/requests`)).json()).requests,
    stop: async () => {
      await stack.stop();
      await folder.remove();
    },
  };
}

const accepting = z.object({ accepted: z.number() });
const counted = z.object({ requests: z.number() });
const segmentList = z.object({
  segments: z.array(z.object({ integration: z.string(), id: z.string(), members: z.array(z.string()) })),
});

function asSent({ segment, key, action, kind, at, id }: SentOperation) {
  return {
    segment: { id: segment },
    contextKey: key,
    action,
    ...(kind !== undefined && { contextKind: kind }),
    ...(at !== undefined && { at }),
    ...(id !== undefined && { id }),
  };
}

/** Asks again until the answer is as wanted. @throws what the last one was, after a minute. */
export async function until<Answer>(
  ask: () => Promise<Answer>,
  isWanted: (answer: Answer) => boolean,
): Promise<Answer> {
  const giveUpMs = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > giveUpMs) throw new Error(`still ${JSON.stringify(answer)} after a minute`);
    await sleep(50);
  }
}
