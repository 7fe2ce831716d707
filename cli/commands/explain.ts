import type { Command } from "commander";
import type { Explanation, ShownDestination, ShownExplanation } from "../../operator/explain/explain.ts";
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
const LONGEST_WAIT_MS = 60_000;

async function explainOne(flags: Flags): Promise<0> {
  const target = await targetOf(flags);
  const { explain } = await import("../../operator/explain/explain.ts");
  const { openMembership } = await import("../../operator/membership/membership.ts");
  const { calls } = target;
  const { now, sleep, ledger } = calls;
  const look = openMembership({
    clientOf: calls.launchdarkly(note),
    patience: {
      now,
      sleep,
      longestWaitMs: LONGEST_WAIT_MS,
      onLimit: (untilMs) =>
        note(`LaunchDarkly limits requests until ${new Date(untilMs).toISOString()}: waiting.`),
    },
  });
  const { segment: segmentId, key, kind, connection } = flags;
  const answer = await explain(
    { segmentId, context: { kind, key }, connection },
    { bundle: target, ledger, look, letterCalls: calls.letters, now },
  );
  if (flags.json) printJson(contractOf(answer));
  else print(answer.destinations.map((one) => shown(one, answer)).join("\n\n"));
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
    ? `${ledger.action} by ${ledger.id}: true at ${ledger.at}, accepted ${ledger.acceptedAt}, acknowledged ${ledger.acknowledgedAt}`
    : "nothing";
  const held = hold.kind === "free" ? "free" : `${hold.kind} until ${new Date(hold.untilMs).toISOString()}`;
  const dead = deadLetters.map(({ id, action, at, reason, operation }) =>
    visible(`${action} by ${operation}, true at ${at}: ${reason} (letter ${id})`),
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
