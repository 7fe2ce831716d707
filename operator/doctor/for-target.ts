import type { Where } from "../bundle.ts";
import { typedCommand } from "../typed-command.ts";

/** The commands that fixes name, as far as the target's options do not follow yet. */
const COMMAND = /npx flagbridge (?:doctor --write|send|resume(?: [\w-]+)+|secrets set [\w.-]*[\w-])/g;

/** A fix whose commands can be pasted: those for a stage name it. */
export function forTarget(fix: string, where: Where): string {
  return fix.replaceAll(COMMAND, (command) => typedCommand(command.replace("npx flagbridge ", ""), where));
}
