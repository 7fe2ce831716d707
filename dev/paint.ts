import { styleText } from "node:util";

/** How much a text stands out. */
export type Tone = "plain" | "bold" | "dim" | "link" | "fine" | "warning" | "error";
export type Paint = (tone: Tone, text: string) => string;

const STYLES = {
  plain: "reset",
  bold: "bold",
  dim: "dim",
  link: ["bold", "cyan"],
  fine: "green",
  warning: "yellow",
  error: ["bold", "red"],
} satisfies Record<Tone, Parameters<typeof styleText>[0]>;

/** In colour where the stream is a terminal that takes it, and not under NO_COLOR. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (tone, text) => styleText(STYLES[tone], text, { stream });
}

export const unpainted: Paint = (_, text) => text;
