import type { Where } from "./bundle.ts";

/** A command of `npx flagbridge` that can be pasted: without its stage it would work on the local stack. */
export function typedCommand(words: string, where: Where): string {
  const command = `npx flagbridge ${words}`;
  if (where.kind === "local") return command;
  return `${command} --stage ${where.stage} --region ${where.region}`;
}
