import * as z from "zod";
import { type Bundle, functionNameOf } from "./bundle.ts";
import { OperatorProblem } from "./problem.ts";
import { typedCommand } from "./typed-command.ts";

/** What was read of the audit logs, and what of it was queued. */
export type Replayed = {
  readonly entries: number;
  readonly queued: number;
  readonly seconds: number;
  /** Connections whose log cannot be read before a person has acted. */
  readonly failed: readonly { readonly connection: string; readonly reason: string }[];
};

const backfillAnswer = z.object({
  done: z.boolean(),
  next: z.looseObject({ to: z.string() }).optional(),
  reason: z.string().optional(),
  failed: z.array(z.object({ connection: z.string(), reason: z.string() })).default([]),
  read: z.number(),
  queued: z.number(),
});

export type ReplayPorts = {
  readonly invoke: (
    functionName: string,
    event: unknown,
  ) => Promise<
    | { readonly kind: "answered"; readonly answer: unknown }
    | { readonly kind: "failed"; readonly message: string }
  >;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** How far back the log has been read: it is read from its newest entry on. */
  readonly onProgress: (soFar: {
    readonly entries: number;
    readonly queued: number;
    readonly readBackTo: string;
  }) => void;
  readonly isStopped: () => boolean;
};

/** After a rate limit, which ends within ten seconds. */
const PAUSE_MS = 10_000;

/**
 * Reads the audit logs of a span of time once more. What was sent before is the same event in PostHog, so nothing counts twice.
 * @throws {OperatorProblem} when the sweeper refuses the request, with its words; or when it was stopped, with what to go on with
 */
export async function replayFlagChanges(
  asked: { readonly from: string; readonly to: string | undefined; readonly connection: string | undefined },
  bundle: Pick<Bundle, "namePrefix" | "where">,
  ports: ReplayPorts,
): Promise<Replayed> {
  const startedMs = ports.now();
  const { from, to, connection } = asked;
  let event: object = {
    from,
    ...(to !== undefined && { to }),
    ...(connection !== undefined && { connection }),
  };
  let entries = 0;
  let queued = 0;
  const failed = new Map<string, string>();
  while (true) {
    const invoked = await ports.invoke(functionNameOf(bundle, "audit-log-sweeper"), event);
    if (invoked.kind === "failed") throw new OperatorProblem(`The sweeper refuses: ${invoked.message}`);
    const answer = backfillAnswer.parse(invoked.answer);
    entries += answer.read;
    queued += answer.queued;
    for (const one of answer.failed) failed.set(one.connection, one.reason);
    if (!answer.next)
      return {
        entries,
        queued,
        seconds: Math.round((ports.now() - startedMs) / 1_000),
        failed: [...failed].map(([name, reason]) => ({ connection: name, reason })),
      };
    ports.onProgress({ entries, queued, readBackTo: answer.next.to });
    if (ports.isStopped())
      throw new OperatorProblem(
        `Stopped after ${entries} entries, ${queued} queued. To go on: ` +
          typedCommand(
            `replay flag-changes --from ${from} --to ${answer.next.to}${connection === undefined ? "" : ` --connection ${connection}`}`,
            bundle.where,
          ),
      );
    event = answer.next;
    if (answer.reason !== "out-of-time") await ports.sleep(PAUSE_MS);
  }
}
