import { randomUUID } from "node:crypto";
import * as z from "zod";
import { type Move, moveMessages } from "./move-messages.ts";
import type { AnswerOperation, OperationAnswer } from "./queue-operations.ts";

export type MoveTasksConfig = {
  /** A call of the emulator, on whose queues these tasks work. */
  readonly call: (operation: string, input: unknown) => Promise<unknown>;
  /** Its queues by ARN; only dead-letter queues can be moved from. */
  readonly queues: ReadonlyMap<string, MovableQueue>;
  readonly now: () => number;
};

export type MovableQueue = { readonly url: () => string; readonly isDeadLetterQueue: boolean };

export type MoveTasks = {
  /** Answers `StartMessageMoveTask`, `ListMessageMoveTasks` and `CancelMessageMoveTask`. */
  readonly answer: AnswerOperation;
  /** Starts no further move, and resolves when those in flight have ended. */
  readonly stop: () => Promise<void>;
};

type Task = {
  readonly handle: string;
  readonly source: string;
  readonly destination: string | undefined;
  readonly perSecond: number | undefined;
  readonly startedMs: number;
  readonly move: Move;
  readonly stopping: AbortController;
};

const startInput = z.object({
  SourceArn: z.string(),
  DestinationArn: z.string().optional(),
  MaxNumberOfMessagesPerSecond: z.int().min(1).max(500).optional(),
});
const listInput = z.object({ SourceArn: z.string(), MaxResults: z.int().min(1).max(10).default(1) });
const cancelInput = z.object({ TaskHandle: z.string() });

/**
 * SQS's message move tasks, which fauxqs does not have. They are remembered for as long as the stack runs.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export function openMoveTasks(config: MoveTasksConfig): MoveTasks {
  const { queues } = config;
  const tasks: Task[] = [];
  const running = new Set<Promise<void>>();
  /** The newest first. */
  const tasksOf = (source: string): readonly Task[] =>
    tasks.filter((task) => task.source === source).reverse();

  const start = (order: z.output<typeof startInput>): OperationAnswer => {
    const { SourceArn: source, DestinationArn: destination } = order;
    const from = queues.get(source);
    const to = destination === undefined ? undefined : queues.get(destination);
    if (!from) return noSuchQueue("SourceArn");
    if (destination !== undefined && !to) return noSuchQueue("DestinationArn");
    if (!from.isDeadLetterQueue)
      return refused("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.");
    if (tasksOf(source).some(({ move }) => move.status === "RUNNING" || move.status === "CANCELLING"))
      return refused(
        "InvalidParameterValue",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
      );
    const task: Task = {
      handle: Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn: source })).toString("base64"),
      source,
      destination,
      perSecond: order.MaxNumberOfMessagesPerSecond,
      startedMs: config.now(),
      move: { status: "RUNNING", moved: 0, toMove: 0 },
      stopping: new AbortController(),
    };
    tasks.push(task);
    const run = moveMessages(task.move, {
      call: config.call,
      from: from.url(),
      to: to?.url(),
      perSecond: task.perSecond,
      signal: task.stopping.signal,
    }).finally(() => running.delete(run));
    running.add(run);
    return { kind: "answered", body: { TaskHandle: task.handle } };
  };

  const list = ({ SourceArn: source, MaxResults: most }: z.output<typeof listInput>): OperationAnswer =>
    queues.has(source)
      ? { kind: "answered", body: { Results: tasksOf(source).slice(0, most).map(shown) } }
      : noSuchQueue("SourceArn");

  const cancel = ({ TaskHandle: handle }: z.output<typeof cancelInput>): OperationAnswer => {
    const task = tasks.find((one) => one.handle === handle);
    if (!task) return refused("ResourceNotFoundException", "Task does not exist.");
    const { move, stopping } = task;
    if (move.status !== "RUNNING")
      return refused("UnsupportedOperation", "Only active tasks can be cancelled.");
    move.status = "CANCELLING";
    stopping.abort();
    return { kind: "answered", body: { ApproximateNumberOfMessagesMoved: move.moved } };
  };

  return {
    answer: (operation, input) => {
      switch (operation) {
        case "StartMessageMoveTask":
          return checked(startInput, input, start);
        case "ListMessageMoveTasks":
          return checked(listInput, input, list);
        case "CancelMessageMoveTask":
          return checked(cancelInput, input, cancel);
        default:
          return undefined;
      }
    },
    stop: async () => {
      for (const { stopping } of tasks) stopping.abort();
      await Promise.all(running);
    },
  };
}

/** A handle is shown of a running task alone, as on AWS. */
function shown({ handle, source, destination, perSecond, startedMs, move }: Task): object {
  return {
    ...(move.status === "RUNNING" && { TaskHandle: handle }),
    Status: move.status,
    SourceArn: source,
    ...(destination !== undefined && { DestinationArn: destination }),
    ...(perSecond !== undefined && { MaxNumberOfMessagesPerSecond: perSecond }),
    ApproximateNumberOfMessagesMoved: move.moved,
    ApproximateNumberOfMessagesToMove: move.toMove,
    ...(move.failure !== undefined && { FailureReason: move.failure }),
    StartedTimestamp: startedMs,
  };
}

function checked<Input>(
  schema: z.ZodType<Input>,
  input: unknown,
  answer: (input: Input) => OperationAnswer,
): OperationAnswer {
  const parsed = schema.safeParse(input);
  return parsed.success
    ? answer(parsed.data)
    : refused("InvalidParameterValue", z.prettifyError(parsed.error));
}

function noSuchQueue(parameter: string): OperationAnswer {
  const message = `The resource that you specified for the ${parameter} parameter doesn't exist.`;
  return refused("ResourceNotFoundException", message);
}

function refused(type: string, message: string): OperationAnswer {
  return { kind: "refused", type, message };
}
