import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import type { Arrival, ListedSample } from "../../operator/send/send-sample.ts";
import type { Target } from "../../operator/target.ts";
import { typedCommand } from "../../operator/typed-command.ts";
import { type ExitCode, runs } from "../run.ts";
import { announce, type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { print, printJson, table } from "../terminal.ts";

type Flags = TargetFlags & { readonly connection?: string };

export function addSend(program: Command): void {
  const command = program
    .command("send")
    .description("Send a sample request as a vendor does; or list the samples")
    .argument("[sample]", "for example segment-audience")
    .option("--connection <connection>", "through this connection, where several take the sample");
  withTargetOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge send
  npx flagbridge send flagbridge-audience --connection own-code`,
    )
    .action(
      runs((sample: string | undefined, flags: Flags) =>
        sample === undefined ? list(flags) : send(sample, flags),
      ),
    );
}

async function list(flags: Flags): Promise<ExitCode> {
  const target = await targetOf(flags);
  const { listSamples } = await import("../../operator/send/send-sample.ts");
  const samples = listSamples(target.connections).filter(
    ({ connection }) => flags.connection === undefined || connection === flags.connection,
  );
  if (flags.json) printJson(samples);
  else print(shownList(samples));
  return 0;
}

function shownList(samples: readonly ListedSample[]): string {
  if (samples.length === 0) return "No connection takes a sample.";
  return table([
    ["sample", "connection", "source"],
    ...samples.map(({ sample, connection, source }) => [sample, connection, source]),
  ]);
}

async function send(sample: string, flags: Flags): Promise<ExitCode> {
  const target = await targetOf(flags);
  announce(target);
  const { sendSample } = await import("../../operator/send/send-sample.ts");
  const { secretStore, now } = target.calls;
  const { sent, arrival } = await sendSample(
    { sample, connection: flags.connection },
    { bundle: target, readSecret: secretStore.read, post, nowMs: now(), id: randomBytes(12).toString("hex") },
  );
  const isTaken = sent.status >= 200 && sent.status < 300;
  if (flags.json) printJson(sent);
  else {
    const { method, url } = sent.request;
    const answer = typeof sent.answer === "string" ? sent.answer : JSON.stringify(sent.answer);
    print(`${method} ${url}\n${sent.status} ${answer}`.trimEnd());
    if (isTaken) print(whereToLook(arrival, target));
  }
  return isTaken ? 0 : 1;
}

const ANSWER_MS = 30_000;

async function post(
  url: string,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
) {
  const { OperatorProblem } = await import("../../operator/problem.ts");
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : "no answer";
    throw new OperatorProblem(
      `${url} did not answer (${reason}): is it the URL of your API, and can you reach it?`,
    );
  }
}

function whereToLook(arrival: Arrival, { where }: Target): string {
  const isLocal = where.kind === "local";
  switch (arrival.kind) {
    case "member": {
      const { segment, member, connection } = arrival;
      const place = isLocal ? `${where.url}/sandbox/launchdarkly/segments` : "Segments in LaunchDarkly";
      return (
        `Look for ${member} in segment ${segment}: ${place}, or ` +
        typedCommand(`explain --segment ${segment} --key ${member} --connection ${connection}`, where)
      );
    }
    case "event":
      return `Look for the event of ${arrival.member}: ${isLocal ? `${where.url}/sandbox/launchdarkly/events` : "the metric's page or the live events in LaunchDarkly"}`;
    case "flag-change":
      return `Look for the flag change ${arrival.id}: ${isLocal ? `${where.url}/sandbox/posthog/events` : "the activity of your PostHog project"}`;
  }
}
