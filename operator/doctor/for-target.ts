import type { Where } from "../bundle.ts";

/** The commands that fixes name, as far as the target's options do not follow yet. */
const COMMAND = /npx flagbridge (?:doctor --write|send|resume(?: [\w-]+)+|secrets set [\w.-]*[\w-])/g;

/** A fix whose commands can be pasted: those for a stage name it. */
export function forTarget(fix: string, where: Where): string {
  if (where.kind === "local") return fix;
  const { stage, region } = where;
  return fix.replaceAll(COMMAND, (command) => `${command} --stage ${stage} --region ${region}`);
}
