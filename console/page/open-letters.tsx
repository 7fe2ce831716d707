import { useEffect, useState } from "preact/hooks";
import type { LetterGroup } from "../../operator/dead-letters/list.ts";
import type { ShownLetter } from "../page-data.ts";
import { call, problemOf } from "./call.ts";
import { Meaning } from "./meaning.tsx";
import { Code, Outside, Problem, Time } from "./parts.tsx";
import { count, counted } from "./words.ts";

/** The letters of a group in full: why they died, and what they hold. */
export function OpenLetters({ group, close }: { readonly group: LetterGroup; readonly close: () => void }) {
  const [letters, setLetters] = useState<readonly ShownLetter[]>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let isCurrent = true;
    call<{ letters: readonly ShownLetter[] }>("POST", "/dead-letters/open", group)
      .then((read) => isCurrent && setLetters(read.letters))
      .catch((error) => isCurrent && setProblem(problemOf(error)));
    return () => {
      isCurrent = false;
    };
  }, []);
  return (
    <section class="panel" aria-label="The open dead letters">
      <header class="panel-head">
        <p class="panel-title">
          {group.reason}, {counted(group.count, "letter")}
        </p>
        <button type="button" class="action secondary" onClick={close}>
          Close
        </button>
      </header>
      <p>
        <Outside text={group.cause} longest={4_000} />
      </p>
      <Meaning of={group.reason} />
      {problem && <Problem text={problem} />}
      {!letters && !problem && <p aria-busy="true">Reading</p>}
      {letters?.map(({ id, deadSince, attributes, body, bodyCharacters }) => (
        <details key={id} open={letters.length === 1}>
          <summary>
            Dead since <Time iso={deadSince} withDay />
          </summary>
          <dl>
            <dt>Id</dt>
            <dd>{id}</dd>
            {Object.entries(attributes)
              .filter(([name]) => name !== "cause")
              .map(([name, text]) => (
                <>
                  <dt>{name}</dt>
                  <dd>
                    <Outside text={text} />
                  </dd>
                </>
              ))}
          </dl>
          <Code label="The message" text={body} />
          {bodyCharacters > body.length && (
            <p class="facts">The message has {count(bodyCharacters)} characters; this is its beginning.</p>
          )}
        </details>
      ))}
      {letters && letters.length < group.count && (
        <p class="facts">
          The first {count(letters.length)} of {count(group.count)}.
        </p>
      )}
    </section>
  );
}
