import { useEffect, useState } from "preact/hooks";
import { indentedJson } from "../../lib/json.ts";
import type { RequestDetail as Detail } from "../page-data.ts";
import { call, problemOf } from "./call.ts";
import { Code, Outside, Pill, Problem } from "./parts.tsx";
import { bytes, count, counted } from "./words.ts";

/** The stack keeps no more of each. */
const SHOWN_BYTES = 32_768;

const WAITING_MS = 1_000;
const SETTLED_MS = 5_000;

const FATES = {
  arrived: ["good", "arrived"],
  replaced: ["quiet", "replaced"],
  waiting: ["note", "waiting"],
  dead: ["bad", "dead letter"],
  unknown: ["quiet", "not known"],
} as const;

/** What a request held, what it was answered, and what became of each of its items; read again while it is open. */
export function RequestDetail({ id, close }: { readonly id: string; readonly close: () => void }) {
  const [detail, setDetail] = useState<Detail>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let isCurrent = true;
    setDetail(undefined);
    let again: ReturnType<typeof setTimeout> | undefined;
    const read = async (): Promise<void> => {
      let isSettled = false;
      try {
        const found = await call<Detail>("GET", `/requests/${id}`);
        if (!isCurrent) return;
        setDetail(found);
        setProblem(undefined);
        isSettled = !found.items.some(({ fate }) => fate === "waiting");
      } catch (error) {
        if (isCurrent) setProblem(problemOf(error));
      }
      // A dead letter may be redriven meanwhile; what has arrived stays so.
      if (isCurrent) again = setTimeout(read, isSettled ? SETTLED_MS : WAITING_MS);
    };
    read();
    return () => {
      isCurrent = false;
      clearTimeout(again);
    };
  }, [id]);
  return (
    <section class="panel" aria-label="The open request">
      <header class="panel-head">
        <p class="panel-title">
          {detail ? <Outside text={`${detail.method} ${detail.path}`} /> : "Reading the request"}
        </p>
        <button type="button" class="action secondary" onClick={close}>
          Close
        </button>
      </header>
      {problem && <Problem text={problem} />}
      {detail && (
        <>
          {detail.items.length > 0 && (
            <ul class="items">
              {detail.items.map(({ what, where, fate, because }, at) => {
                const [tone, word] = FATES[fate];
                return (
                  <li key={at}>
                    <Pill tone={tone}>{word}</Pill> <Outside text={what} />{" "}
                    <span class="reason">
                      {where}. {because}
                    </span>
                  </li>
                );
              })}
            </ul>
          )}
          {detail.more > 0 && <p class="facts">{counted(detail.more, "more item")} not shown.</p>}
          {detail.overlapping > 0 && detail.items.length > 0 && (
            <p class="facts">
              {counted(detail.overlapping, "other request")} of this connection came at the same time: some of
              these items may be theirs.
            </p>
          )}
          {detail.rejections.length > 0 && (
            <ul class="items">
              {detail.rejections.map(({ index, code, message }) => (
                <li key={`${index} ${code}`}>
                  <Pill tone="bad">rejected</Pill> <Outside text={`Item ${index}: ${message}`} />{" "}
                  <span class="reason">{code}</span>
                </li>
              ))}
            </ul>
          )}
          <div class="pair">
            <div>
              <p class="title">
                Request, {bytes(detail.bodyBytes)}
                {detail.bodyBytes > SHOWN_BYTES && `: its first ${bytes(SHOWN_BYTES)}`}
              </p>
              <Code label="The body of the request" text={bodyText(detail.body, detail.bodyBytes)} />
            </div>
            <div>
              <p class="title">
                Answer, {detail.status} after {count(detail.ms)} ms
              </p>
              <Code label="The body of the answer" text={bodyText(detail.answer, detail.answerBytes)} />
            </div>
          </div>
        </>
      )}
    </section>
  );
}

function bodyText(text: string, size: number): string {
  return size === 0 ? "(empty)" : indentedJson(text);
}
