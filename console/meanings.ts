import { readFileSync } from "node:fs";

/**
 * What each code and reason means and what to do, as docs/errors.md says it: of its lists, `- \`code\`: text`, and of its tables the
 * rows that begin with a code. Empty where the page is not there, as in a clone without documentation.
 */
export function readMeanings(file: string): Readonly<Record<string, string>> {
  let page: string;
  try {
    page = readFileSync(file, "utf8");
  } catch {
    return {};
  }
  const listed = [
    ...page.matchAll(/^- ((?:`[\w-]+`(?:,\s+| and )?)+)[^:\n]*: ([\s\S]*?)(?=\n(?:- |\n|#))/gm),
  ];
  const rows = [...page.matchAll(/^\| *((?:`[\w-]+`(?:, )?)+) *\| *(.+?) *\|$/gm)];
  return Object.fromEntries(
    [...rows, ...listed].flatMap(([, codes = "", text = ""]) =>
      [...codes.matchAll(/`([\w-]+)`/g)].map(([, code = ""]) => [code, plain(text)] as const),
    ),
  );
}

/** Markdown without its marks, on one line; columns of a row are sentences. */
function plain(text: string): string {
  return text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*]/g, "")
    .replace(/^\d{3}\s*\|/, "")
    .replaceAll(/\s*\|\s*/g, ". ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
