import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { type Command, Option } from "commander";
import type { ListedSecret } from "../../operator/secrets/list.ts";
import type { KeyKind, SecretPorts } from "../../operator/secrets/set.ts";
import { shownTime } from "../../operator/shown-time.ts";
import type { Target } from "../../operator/target.ts";
import { typedCommand } from "../../operator/typed-command.ts";
import { type ExitCode, runs } from "../run.ts";
import { announce, type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { note, print, printJson, styled, table } from "../terminal.ts";

type ValueFlags = TargetFlags & { readonly file?: string };

export function addSecrets(program: Command): void {
  const group = program
    .command("secrets")
    .description("List and fill secrets; change a sender's key without a gap");
  withTargetOptions(
    group
      .command("list", { isDefault: true })
      .description("Each secret that connections.yml names: what uses it, whether it is right"),
  )
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge secrets
  npx flagbridge secrets --stage prod --json`,
    )
    .action(runs(list));
  withTargetOptions(
    group
      .command("set")
      .description("Fill a secret from a hidden prompt, --file or stdin; its value is checked first")
      .argument("<name>", "as connections.yml has it")
      .option("--file <file>", "read the value from a file"),
  )
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge secrets set launchdarkly-production --stage prod
  npx flagbridge secrets set web --file web.json --stage prod`,
    )
    .action(runs(set));
  withTargetOptions(
    group
      .command("rotate")
      .description("Put a sender's new key beside its old one, then --finish to drop the old one")
      .argument("<name>", "the secret of a connection")
      .addOption(
        new Option("--kind <kind>", "which of its keys is new, when it has several kinds").choices([
          "writeKeys",
          "tokens",
          "signingSecrets",
        ]),
      )
      .option("--file <file>", "read the new key from a file")
      .option("--finish", "drop the old key: the sender has the new one"),
  )
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge secrets rotate web --stage prod
  npx flagbridge secrets rotate web --finish --stage prod`,
    )
    .action(runs(rotate));
}

async function list(flags: TargetFlags): Promise<ExitCode> {
  const target = await targetOf(flags);
  const { listSecrets } = await import("../../operator/secrets/list.ts");
  const secrets = await listSecrets(target, target.calls.secretStore.read);
  if (flags.json) printJson({ secrets });
  else print(shown(secrets, target));
  return secrets.every(({ state }) => state === "ok") ? 0 : 1;
}

function shown(secrets: readonly ListedSecret[], { where }: Target): string {
  const rows = secrets.map(({ name, usedBy, state, changedAt }) => [
    name,
    usedBy.join(", "),
    state,
    shownTime(changedAt ?? ""),
  ]);
  const problems = secrets.flatMap(({ name, problems: own, state }) => [
    ...own.map((problem) => `${name}: ${problem}`),
    ...(state === "empty" || state === "missing"
      ? [`${name}: ${state}: ${typedCommand(`secrets set ${name}`, where)}`]
      : []),
  ]);
  return [
    table([["secret", "used by", "state", "changed"], ...rows]),
    ...(problems.length > 0 ? ["", ...problems.map((problem) => styled("red", problem))] : []),
  ].join("\n");
}

async function set(name: string, flags: ValueFlags): Promise<ExitCode> {
  const target = await targetOf(flags);
  announce(target);
  const { namedSecret } = await import("../../operator/secrets/named.ts");
  const { setSecret } = await import("../../operator/secrets/set.ts");
  const { usedBy } = namedSecret(target.connections, name);
  const value = await valueFrom(flags, `The value of ${name}, for ${usedBy.join(", ")}`);
  await setSecret(name, value, portsOf(target));
  return written(name, flags, "It is used within 30 s, without a deploy.");
}

async function rotate(
  name: string,
  flags: ValueFlags & { readonly kind?: KeyKind; readonly finish?: true },
): Promise<ExitCode> {
  const target = await targetOf(flags);
  announce(target);
  const { finishRotation, rotateSecret } = await import("../../operator/secrets/set.ts");
  if (flags.finish) {
    await finishRotation(name, portsOf(target));
    return written(name, flags, "The old key is refused within 30 s.");
  }
  const { namedSecret } = await import("../../operator/secrets/named.ts");
  namedSecret(target.connections, name);
  const text = await valueFrom(flags, `The new key of ${name}`);
  await rotateSecret(name, { text, kind: flags.kind }, portsOf(target));
  return written(
    name,
    flags,
    `Both keys are taken within 30 s. Give the sender the new one, then: ${typedCommand(`secrets rotate ${name} --finish`, target.where)}`,
  );
}

function written(name: string, flags: TargetFlags, next: string): ExitCode {
  if (flags.json) printJson({ secret: name, written: true });
  else print(`${name} is written. ${next}`);
  return 0;
}

/** From the file, from stdin, or from a person, who does not see it while typing. It is shown nowhere. */
async function valueFrom({ file }: ValueFlags, question: string): Promise<string> {
  const { OperatorProblem } = await import("../../operator/problem.ts");
  if (file !== undefined) {
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "unreadable";
      throw new OperatorProblem(`--file: ${file} cannot be read (${code}). Nothing was written.`);
    }
  }
  if (process.stdin.isTTY !== true) {
    const value = await textOf(process.stdin);
    if (value.trim() === "")
      throw new OperatorProblem(
        "Nothing was written: expected the value on stdin, or --file, or a terminal.",
      );
    return value;
  }
  const { isCancel, password } = await import("@clack/prompts");
  const value = await password({ message: question, output: process.stderr });
  if (isCancel(value)) throw new OperatorProblem("Nothing was written.");
  note("");
  return value ?? "";
}

function portsOf(target: Target): SecretPorts {
  const { read, write } = target.calls.secretStore;
  return { bundle: target, read, write };
}
