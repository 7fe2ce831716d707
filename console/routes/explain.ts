import * as z from "zod";
import type { Connections } from "../../lib/connections/schema.ts";
import { readJson } from "../../lib/json.ts";
import { explainEvent, isOfUse } from "../../operator/explain-event.ts";
import { explainedLines } from "../../operator/explained-lines.ts";
import { OperatorProblem } from "../../operator/problem.ts";
import type { ExplainedPaste } from "../page-data.ts";
import { type ConsoleRoute, checked } from "../route.ts";
import type { ConsoleWork } from "../work.ts";

const pasted = z.object({ event: z.string() });

/** An event of thousands of members has a line for each. */
const SHOWN_LINES = 100;

/** What `flagbridge connections check --explain` says of an event. Nothing is sent. */
export function explainRoutes(work: ConsoleWork): readonly ConsoleRoute[] {
  return [
    {
      method: "POST",
      path: "/samples/explain",
      answer: async ({ body }): Promise<ExplainedPaste> => {
        const { event } = checked(pasted, body);
        const { connections, calls } = await work.target();
        return explainPasted(event, connections, calls.now());
      },
    },
  ];
}

/** @throws {OperatorProblem} for what is no JSON; the message quotes nothing of it */
export function explainPasted(text: string, connections: Connections, nowMs: number): ExplainedPaste {
  const event = readJson(text);
  if (event === undefined)
    throw new OperatorProblem("Expected JSON: the body of a request as its sender sends it.");
  return {
    connections: explainEvent(event, connections, nowMs).map((one) => {
      const lines = explainedLines(one);
      return {
        connection: one.connection,
        source: one.source,
        isOfUse: isOfUse(one),
        lines: lines.slice(0, SHOWN_LINES),
        more: Math.max(0, lines.length - SHOWN_LINES),
      };
    }),
  };
}
