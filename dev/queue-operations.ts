import diagnosticsChannel from "node:diagnostics_channel";
import * as z from "zod";

/** An answer of SQS; `type` of a refusal is the AWS error name. */
export type OperationAnswer =
  | { readonly kind: "answered"; readonly body: object }
  | { readonly kind: "refused"; readonly type: string; readonly message: string };

/** An operation of SQS that the emulator does not have. Undefined for one that it has. */
export type AnswerOperation = (operation: string, input: unknown) => OperationAnswer | undefined;

/**
 * Starts fauxqs so that `answer` is asked before it. Its server is a Fastify that it does not hand out; Fastify announces
 * each of its own, and a hook in it costs nothing, where a proxy in front would cost every call of every queue.
 * https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks
 */
export function answerBeforeFauxqs<Started>(answer: AnswerOperation, start: () => Started): Started {
  const onServer = (message: unknown): void => {
    const { fastify } = announcement.parse(message);
    fastify.addHook("preHandler", async ({ headers, body }, reply) => {
      const [, operation] = /^AmazonSQS\.(\w+)$/.exec(String(headers["x-amz-target"])) ?? [];
      const answered = operation === undefined ? undefined : answer(operation, body);
      if (!answered) return undefined;
      const isRefused = answered.kind === "refused";
      const content = isRefused
        ? { __type: `com.amazonaws.sqs#${answered.type}`, message: answered.message }
        : answered.body;
      return reply
        .status(isRefused ? 400 : 200)
        .header("content-type", "application/x-amz-json-1.0")
        .send(JSON.stringify(content));
    });
  };
  diagnosticsChannel.subscribe("fastify.initialization", onServer);
  try {
    // The server is made before this returns, so that no other stack's is taken for it.
    return start();
  } finally {
    diagnosticsChannel.unsubscribe("fastify.initialization", onServer);
  }
}

type Request = { readonly headers: Readonly<Record<string, unknown>>; readonly body: unknown };
type Reply = {
  readonly status: (status: number) => Reply;
  readonly header: (name: string, value: string) => Reply;
  readonly send: (content: string) => Reply;
};
type Hook = (request: Request, reply: Reply) => Promise<Reply | undefined>;
type Fastify = { readonly addHook: (name: "preHandler", hook: Hook) => void };

const announcement = z.object({
  fastify: z.custom<Fastify>((value) => typeof value === "object" && value !== null && "addHook" in value),
});
