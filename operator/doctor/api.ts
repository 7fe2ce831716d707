import * as z from "zod";
import type { HttpSession } from "../../lib/http/session.ts";
import { readJson } from "../../lib/json.ts";
import { type Check, type CheckLine, lineAbout } from "./check.ts";

const TIMEOUT_MS = 15_000;
const health = z.object({ status: z.literal("ok"), version: z.string() });

/** An operator's operations have this machine's time; Flagbridge takes times up to a minute ahead as they are, and AWS refuses calls that are 5 min off. */
const NOTICED_MS = 5_000;
const WRONG_MS = 60_000;

/** Does the API answer, and do this machine's clock and that of AWS agree? */
export function apiCheck(
  { url }: { readonly url: string },
  { http, now }: { readonly http: Pick<HttpSession, "send">; readonly now: () => number },
): Check {
  const api = lineAbout("api.health", "api");
  const clock = lineAbout("clock", "this machine");
  return {
    title: "api",
    line: api,
    run: async () => {
      const startedAtMs = now();
      const answer = await http.send({
        method: "GET",
        url: `${url}/health`,
        headers: {},
        body: "",
        timeoutMs: TIMEOUT_MS,
      });
      const endedAtMs = now();
      if (answer.kind !== "answered")
        return [
          api.failed(
            `${url}/health did not answer: ${answer.reason}`,
            "See whether the function ingest runs: its log, and the alarm ingest-errors.",
          ),
          clock.skipped("there was no answer to compare with", "Mend api.health first."),
        ];
      const { data } = health.safeParse(readJson(answer.body));
      return [
        answer.status === 200 && data
          ? api.ok(`${url} answers, version ${data.version}`)
          : api.failed(
              `${url}/health answered ${answer.status}, and not as Flagbridge does`,
              "See the log of the function ingest.",
            ),
        clockLine(answer.headers.date, { startedAtMs, endedAtMs }),
      ];
    },
  };

  /** The header has whole seconds: the answer was written within the second that it names. */
  function clockLine(
    date: string | undefined,
    { startedAtMs, endedAtMs }: { readonly startedAtMs: number; readonly endedAtMs: number },
  ): CheckLine {
    const theirsMs = Date.parse(date ?? "");
    if (Number.isNaN(theirsMs))
      return clock.skipped("the answer has no Date header", "Compare the clock by hand.");
    const aheadMs = Math.max(0, startedAtMs - (theirsMs + 999));
    const behindMs = Math.max(0, theirsMs - endedAtMs);
    const offMs = Math.max(aheadMs, behindMs);
    if (offMs < NOTICED_MS) return clock.ok("its clock and that of the API agree");
    const found = `its clock is ${Math.round(offMs / 1_000)} s ${aheadMs > behindMs ? "ahead of" : "behind"} that of the API`;
    const fix = "Set the clock (NTP): operations that you send have this machine's time.";
    return offMs < WRONG_MS ? clock.warning(found, fix) : clock.failed(found, fix);
  }
}
