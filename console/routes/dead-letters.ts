import { open } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { indentedJson } from "../../lib/json.ts";
import type { Choice } from "../../operator/dead-letters/choose.ts";
import { deleteLetters } from "../../operator/dead-letters/delete.ts";
import { fullLetter } from "../../operator/dead-letters/full-letter.ts";
import { LIST_LIMIT, listLetters } from "../../operator/dead-letters/list.ts";
import { redriveLetters } from "../../operator/dead-letters/redrive.ts";
import { readLetters } from "../../operator/dead-letters/walk.ts";
import type { Target } from "../../operator/target.ts";
import type { Letters, ShownLetter } from "../page-data.ts";
import { type ConsoleRoute, checked } from "../route.ts";
import type { ConsoleWork } from "../work.ts";

/** One group of the list, as the page names it back. */
const group = z.object({
  queue: z.string(),
  reason: z.string(),
  cause: z.string(),
  status: z.number().nullable(),
  connection: z.string(),
});

/** `count`: how many letters the person saw; no more are deleted. */
const countedGroup = group.extend({ count: z.int().min(1).optional() });

const SHOWN_LETTERS = 20;
const SHOWN_CHARACTERS = 20_000;

export function deadLetterRoutes(work: ConsoleWork): readonly ConsoleRoute[] {
  const { lettersOneAtATime, refresh } = work;
  const changing = async <Result>(change: (target: Target) => Promise<Result>): Promise<Result> => {
    const target = await work.target();
    try {
      return await lettersOneAtATime(() => change(target));
    } finally {
      refresh("flow");
      refresh("letters");
    }
  };
  return [
    {
      method: "POST",
      path: "/dead-letters/open",
      answer: async ({ body }) => {
        const choice: Choice = checked(group, body);
        const target = await work.target();
        const letters = await lettersOneAtATime(() =>
          readLetters({ bundle: target, choice, limit: SHOWN_LETTERS }, target.calls.letters),
        );
        const shown = letters.map(
          ({ id, deadSinceMs, attributes, body: text }): ShownLetter => ({
            id,
            deadSince: new Date(deadSinceMs).toISOString(),
            attributes,
            body: indentedJson(text).slice(0, SHOWN_CHARACTERS),
            bodyCharacters: text.length,
          }),
        );
        return { letters: shown };
      },
    },
    {
      method: "POST",
      path: "/dead-letters/redrive",
      answer: ({ body }) => {
        const choice: Choice = checked(group, body);
        return changing((target) => {
          const { queues, now, sleep } = target.calls;
          return redriveLetters(
            {
              bundle: target,
              choice,
              limit: undefined,
              perSecond: undefined,
              onProgress: () => {},
              isStopped: () => false,
            },
            { ...target.calls.letters, sendToQueue: queues.sendToQueue, now, sleep },
          );
        });
      },
    },
    {
      method: "POST",
      path: "/dead-letters/delete",
      answer: ({ body }) => {
        const { count, ...choice } = checked(countedGroup, body);
        return changing((target) => deleteWithCopy(target, { choice, limit: count }, work.folder));
      },
    },
  ];
}

/** The list of the section, for everybody who looks. */
export async function readLetterList(
  work: Pick<ConsoleWork, "target" | "lettersOneAtATime">,
): Promise<Letters> {
  const target = await work.target();
  const choice = { queue: undefined, reason: undefined, connection: undefined };
  const listed = await work.lettersOneAtATime(() =>
    listLetters({ bundle: target, choice }, target.calls.letters),
  );
  return { ...listed, isCut: listed.letters >= LIST_LIMIT };
}

async function deleteWithCopy(
  target: Target,
  { choice, limit }: { readonly choice: Choice; readonly limit: number | undefined },
  folder: string,
) {
  const at = new Date(target.calls.now()).toISOString().replaceAll(":", "-");
  const file = join(folder, `dead-letters-${at}.ndjson`);
  const copy = await open(file, "wx", 0o600);
  try {
    const deleted = await deleteLetters(
      {
        bundle: target,
        choice,
        limit,
        isStopped: () => false,
        keep: async (letters) => {
          await copy.appendFile(letters.map((letter) => `${JSON.stringify(fullLetter(letter))}\n`).join(""));
          await copy.sync();
        },
      },
      target.calls.letters,
    );
    return { ...deleted, file };
  } finally {
    await copy.close();
  }
}
