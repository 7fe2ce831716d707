import type { Command } from "commander";
import type { Explanation, ShownDestination, ShownExplanation } from "../../operator/explain/explain.ts";
import { shownTime } from "../../operator/shown-time.ts";
import { givingBack } from "../give-back.ts";
import { runs } from "../run.ts";
import { type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { note, print, printJson, styled } from "../terminal.ts";
import { visible } from "../visible.ts";

type Flags = TargetFlags & {
  readonly segment: string;
  readonly key: string;
  readonly kind: string;
  readonly connection?: string;
};

export function addExplain(program: Command): void {
  const command = program
    .command("explain")
    .description("Say why a person is or is not in a segment")
    .requiredOption("--segment <id>", "the segment, as its source names it")
    .requiredOption("--key <key>", "the context key")
    .option("--kind <kind>", "the context kind", "user")
    .option("--connection <name>", "only where this connection writes");
  withTargetOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge explain --segment vip --key user-1
  npx flagbridge explain --segment vip --key acme --kind organization --stage prod --json`,
    )
    .action(runs(explainOne));
}

/** Longer than one of LaunchDarkly's windows of ten seconds, and shorter than the patience of somebody with a question. */
const LONGEST_WAIT_MS = 20_000;

async function explainOne(flags: Flags): Promise<0> {
  const target = await targetOf(flags);
  const { explain } = await import("../../operator/explain/explain.ts");
  const { answerWithin } = await import("../../operator/membership/answer-within.ts");
  const { openMembership } = await import("../../lib/launchdarkly/membership/membership.ts");
  const { calls } = target;
  const { now, sleep, ledger } = calls;
  const silent = new Set<string>();
  const asked = openMembership({
    clientOf: calls.launchdarkly(note),
    patience: {
      now,
      sleep,
      longestWaitMs: LONGEST_WAIT_MS,
      onLimit: (untilMs) => note(`LaunchDarkly limits requests until ${shownTime(untilMs)}: waiting.`),
    },
  });
  const look = answerWithin(asked, {
    ms: LONGEST_WAIT_MS,
    now,
    sleep,
    onSilent: (environment) => silent.add(environment),
  });
  const { segment: segmentId, key, kind, connection } = flags;
  const answer = await explain(
    { segmentId, context: { kind, key }, connection },
    { bundle: target, ledger, look, letterCalls: givingBack(calls.letters), now },
  );
  if (flags.json) printJson(contractOf(answer));
  else print(answer.destinations.map((one) => shown(one, answer)).join("\n\n"));
  if (silent.size === 0) return 0;
  note(
    `LaunchDarkly did not answer within ${LONGEST_WAIT_MS / 1_000} s for ${[...silent].join(", ")}: what it holds there is not known. Ask again, or see https://status.launchdarkly.com.`,
  );
  // The requests that got no answer would keep the process for another minute or two.
  process.stdout.write("", () => process.exit(0));
  return 0;
}

function contractOf({ context, segment, destinations }: ShownExplanation): Explanation {
  return {
    context,
    segment,
    destinations: destinations.map(({ writerText: _text, hold: _hold, ...rest }) => rest),
  };
}

function shown(
  destination: ShownDestination,
  { context, segment }: Pick<Explanation, "context" | "segment">,
): string {
  const { environment, writerText, ledger, hold, deadLetters, launchdarkly, verdict } = destination;
  const known = ledger
    ? `${ledger.action} by ${ledger.id}: true at ${shownTime(ledger.at)}, accepted ${shownTime(ledger.acceptedAt)}, acknowledged ${shownTime(ledger.acknowledgedAt)}`
    : "nothing";
  const held = hold.kind === "free" ? "free" : `${hold.kind} until ${shownTime(hold.untilMs)}`;
  const dead = deadLetters.map(({ id, action, at, reason, operation }) =>
    visible(`${action} by ${operation}, true at ${shownTime(at)}: ${reason} (letter ${id})`),
  );
  const member = launchdarkly.member === null ? "unknown" : launchdarkly.member ? "a member" : "not a member";
  return [
    styled(
      "bold",
      `${visible(context.kind)} ${visible(context.key)} in segment ${visible(segment.id)} of ${environment} (${writerText})`,
    ),
    `  ledger        ${visible(known)}`,
    `  hold          ${held}`,
    `  dead letters  ${dead.length === 0 ? "none" : dead.join("\n                ")}`,
    `  LaunchDarkly  ${member} (${visible(launchdarkly.how)})`,
    visible(verdict),
  ].join("\n");
}
