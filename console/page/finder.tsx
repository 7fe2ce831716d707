import { useEffect, useState } from "preact/hooks";
import type { ShownExplanation } from "../../operator/explain/explain.ts";
import type { ShownSegment } from "../../operator/segments.ts";
import type { Found } from "../page-data.ts";
import { call, problemOf } from "./call.ts";
import { Outside, Problem, Time } from "./parts.tsx";
import { useIsLocal } from "./store.ts";
import { counted } from "./words.ts";

/** Why somebody is in a segment or is not: in the open one, or in all. */
export function Finder({
  segment,
  all,
}: {
  readonly segment: ShownSegment | undefined;
  readonly all: readonly ShownSegment[];
}) {
  const isLocal = useIsLocal();
  const [key, setKey] = useState("");
  const [found, setFound] = useState<Found & { readonly key: string }>();
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const search = async (wanted: string): Promise<void> => {
    try {
      // On a stage each scan of the ledger is paid for: what the list has need not be looked for again.
      const among = segment ? [segment] : isLocal ? [] : all;
      const segments = among.map(({ id, kinds }) => ({ id, kinds: Object.keys(kinds) }));
      const answer = await call<Found>("POST", "/segments/find", { key: wanted, segments });
      setFound({ ...answer, key: wanted });
      setProblem(undefined);
    } catch (error) {
      setFound(undefined);
      setProblem(problemOf(error));
    }
  };
  const find = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (key === "" || isBusy) return;
    setBusy(true);
    await search(key);
    setBusy(false);
  };
  // Somebody who looks for a member that has just been sent sees it arrive.
  useEffect(() => {
    if (found && isLocal) search(found.key);
  }, [all]);
  return (
    <>
      <search>
        <form class="finder" onSubmit={find}>
          <input
            type="search"
            aria-label="Find a member"
            placeholder={
              segment ? `A member's key in ${segment.id.slice(0, 40)}` : "A member's key, for example user-1"
            }
            autocomplete="off"
            spellcheck={false}
            value={key}
            onInput={({ currentTarget }) => {
              setKey(currentTarget.value);
              if (currentTarget.value === "") setFound(undefined);
            }}
          />
          <button type="submit" class="action primary" aria-busy={isBusy}>
            Find
          </button>
        </form>
      </search>
      {problem && <Problem text={problem} />}
      {found && (
        <section class="panel" aria-label="What was found" aria-live="polite">
          {found.explanations.length === 0 && (
            <p>
              No segment knows <Outside text={found.key} />: nobody added or removed it, and no dead letter
              names it.
            </p>
          )}
          {found.explanations.map((explanation) => (
            <Explained
              key={`${explanation.segment.id} ${explanation.context.kind}`}
              explanation={explanation}
            />
          ))}
          {found.notSearched > 0 && (
            <p class="facts">
              {counted(found.notSearched, "more segment")} not searched: open one to search it alone.
            </p>
          )}
        </section>
      )}
    </>
  );
}

function Explained({
  explanation: { context, segment, destinations },
}: {
  readonly explanation: ShownExplanation;
}) {
  return (
    <>
      {destinations.map(({ environment, writerText, ledger, launchdarkly, deadLetters, verdict }) => (
        <article class="explained" key={`${environment} ${writerText}`}>
          <p class="title">
            {context.kind} <Outside text={context.key} /> in segment <Outside text={segment.id} /> of{" "}
            {environment}
          </p>
          <p class="verdict">
            <Outside text={verdict} longest={2_000} />
          </p>
          <dl>
            <dt>Ledger</dt>
            <dd>
              {ledger ? (
                <>
                  {ledger.action === "add" ? "added" : "removed"}, true at <Time iso={ledger.at} withDay />,
                  acknowledged <Time iso={ledger.acknowledgedAt} withDay />, by <Outside text={ledger.id} />
                </>
              ) : (
                "nothing"
              )}
            </dd>
            <dt>LaunchDarkly</dt>
            <dd>
              {launchdarkly.member === null ? "unknown" : launchdarkly.member ? "a member" : "not a member"} (
              {launchdarkly.how})
            </dd>
            <dt>Dead letters</dt>
            <dd>
              {deadLetters.length === 0
                ? "none"
                : deadLetters.map(({ action, reason }) => `${action}: ${reason}`).join(", ")}
            </dd>
          </dl>
        </article>
      ))}
    </>
  );
}
