import { useState } from "preact/hooks";
import type { ExplainedPaste } from "../page-data.ts";
import { call } from "./call.ts";
import { Action, Code, Pill, Problem } from "./parts.tsx";
import { counted } from "./words.ts";

/** What each connection would make of an event of one's own: nothing is sent. */
export function ExplainEvent() {
  const [event, setEvent] = useState("");
  const [explained, setExplained] = useState<ExplainedPaste>();
  const [problem, setProblem] = useState<string>();
  return (
    <details class="explain">
      <summary>What would an event of yours become?</summary>
      <p class="hint">
        Paste the JSON body of a request. Each connection says what it would make of it, rule by rule. Nothing
        is sent.
      </p>
      <textarea
        aria-label="The JSON body of a request"
        rows={6}
        dir="auto"
        spellcheck={false}
        value={event}
        onInput={({ currentTarget }) => setEvent(currentTarget.value)}
      />
      <Action
        label="Explain"
        onProblem={setProblem}
        work={async () => {
          setExplained(undefined);
          setExplained(await call<ExplainedPaste>("POST", "/samples/explain", { event }));
        }}
      />
      {problem && <Problem text={problem} />}
      <div role="status">{explained?.connections.toSorted(usefulFirst).map(Explained)}</div>
    </details>
  );
}

type Explained = ExplainedPaste["connections"][number];

function Explained({ connection, source, isOfUse, lines, more }: Explained) {
  return (
    <div key={connection} class="explained">
      <p class="title">
        {connection} <span class="facts">{source}</span>{" "}
        <Pill tone={isOfUse ? "good" : "quiet"}>{isOfUse ? "takes it" : "nothing of use"}</Pill>
      </p>
      <Code label={`What ${connection} would make of it`} text={lines.join("\n") || "nothing"} />
      {more > 0 && <p class="facts">and {counted(more, "more line")}</p>}
    </div>
  );
}

function usefulFirst(a: Explained, b: Explained): number {
  return Number(b.isOfUse) - Number(a.isOfUse);
}
