import * as z from "zod";
import { OperatorProblem } from "../../operator/problem.ts";
import type { SandboxDoor } from "../../operator/sandbox-door.ts";
import { fatesOf } from "../item-fates.ts";
import type { RequestDetail, RequestRow } from "../page-data.ts";
import type { ConsoleRoute } from "../route.ts";
import type { ConsoleWork } from "../work.ts";

const row = z.object({
  id: z.string(),
  at: z.string(),
  ms: z.number(),
  method: z.string(),
  path: z.string(),
  status: z.number(),
  connection: z.string().nullable(),
  accepted: z.number(),
  ignored: z.number(),
  rejected: z.record(z.string(), z.number()),
  code: z.string().nullable(),
});
const full = row.extend({
  body: z.string(),
  bodyBytes: z.number(),
  answer: z.string(),
  answerBytes: z.number(),
  overlapping: z.number(),
  messages: z.array(z.object({ queue: z.string(), body: z.string() })),
});
const listed = z.object({ requests: z.array(row) });
const rejections = z.object({
  rejected: z.array(z.object({ index: z.number(), code: z.string(), message: z.string() })),
});

const SHOWN = 60;
const SHOWN_ITEMS = 50;

/** The last requests of a local stack, newest first. */
export async function readRequests(sandbox: SandboxDoor): Promise<readonly RequestRow[]> {
  const { requests } = listed.parse(await sandbox.get(`/sandbox/requests?limit=${SHOWN}`));
  return [...requests].sort((a, b) => (a.at < b.at ? 1 : -1));
}

export function requestRoutes(work: ConsoleWork): readonly ConsoleRoute[] {
  return [
    {
      method: "GET",
      path: "/requests/{id}",
      answer: async ({ parameters: { id = "" } }): Promise<RequestDetail> => {
        const target = await work.target();
        const { sandbox } = target.calls;
        const found =
          sandbox && full.safeParse(await sandbox.get(`/sandbox/requests/${encodeURIComponent(id)}`));
        if (!found?.success)
          throw new OperatorProblem("The stack does not keep this request any more: it keeps the last 300.");
        const { messages, ...request } = found.data;
        const { items, more } = await fatesOf(messages, SHOWN_ITEMS, {
          target,
          lettersOneAtATime: work.lettersOneAtATime,
        });
        return { ...request, rejections: rejectionsOf(request.answer), items, more };
      },
    },
  ];
}

function rejectionsOf(answer: string) {
  try {
    return rejections.safeParse(JSON.parse(answer)).data?.rejected ?? [];
  } catch {
    return [];
  }
}
