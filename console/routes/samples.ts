import { randomBytes } from "node:crypto";
import * as z from "zod";
import { sendSample } from "../../operator/send/send-sample.ts";
import type { SentSample } from "../page-data.ts";
import { post } from "../post.ts";
import { type ConsoleRoute, checked } from "../route.ts";
import type { ConsoleWork } from "../work.ts";

const wanted = z.object({ sample: z.string(), connection: z.string() });

export function sampleRoutes(work: ConsoleWork): readonly ConsoleRoute[] {
  return [
    {
      method: "POST",
      path: "/samples/send",
      answer: async ({ body }): Promise<SentSample> => {
        const asked = checked(wanted, body);
        const target = await work.target();
        const { sent, arrival } = await sendSample(asked, {
          bundle: target,
          readSecret: target.calls.secretStore.read,
          post,
          nowMs: target.calls.now(),
          id: randomBytes(12).toString("hex"),
        });
        return { ...sent, answer: textOf(sent.answer), look: lookAt(arrival) };
      },
    },
  ];
}

function textOf(answer: unknown): string {
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}

function lookAt(arrival: Awaited<ReturnType<typeof sendSample>>["arrival"]): string {
  switch (arrival.kind) {
    case "member":
      return `Look for the member ${arrival.member} of the segment ${arrival.segment} in Segments.`;
    case "event":
      return `Look for the event of ${arrival.member} in Metric events.`;
    case "flag-change":
      return `Look for the change in Flag changes.`;
  }
}
