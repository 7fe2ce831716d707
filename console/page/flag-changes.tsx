import { useState } from "preact/hooks";
import { call, problemOf } from "./call.ts";
import { Empty, Outside, Pill, Problem, Section, Table, Time } from "./parts.tsx";
import { useIsLocal, usePart } from "./store.ts";
import { counted } from "./words.ts";

/** The last flag changes, as PostHog has them. */
export function FlagChanges() {
  const isLocal = useIsLocal();
  const { value, problem } = usePart("flagChanges");
  const hint =
    value && value.total > 0
      ? `${counted(value.total, "change")} arrived in PostHog; these are the last.`
      : "As they arrived in PostHog.";
  return (
    <Section id="flag-changes" title="Flag changes" problem={problem} hint={hint}>
      {isLocal ? (
        <Toggle />
      ) : (
        <Empty>
          PostHog's activity page shows them: search for events that begin with <code>launchdarkly.</code>
        </Empty>
      )}
      {isLocal && value?.events.length === 0 && (
        <Empty>
          No flag change has arrived yet. Press Toggle: the sandbox turns the flag over and sends its webhook.
        </Empty>
      )}
      {isLocal && value && value.events.length > 0 && (
        <Table label="The last flag changes" columns={["Time", "Flag", "Turned", "By", "Event", "Project"]}>
          {value.events.map((event, at) => (
            <tr key={at}>
              <td>
                <Time iso={event.at} withDay />
              </td>
              <td>
                <Outside text={event.flag} longest={80} />
              </td>
              <td>
                {event.direction !== "" && (
                  <Pill tone={event.direction === "on" ? "good" : "quiet"}>{event.direction}</Pill>
                )}
              </td>
              <td>
                <Outside text={event.who} longest={60} />
              </td>
              <td>
                <Outside text={event.name} longest={60} />
              </td>
              <td>{event.project}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

function Toggle() {
  const [flag, setFlag] = useState("checkout");
  const [problem, setProblem] = useState<string>();
  const [done, setDone] = useState("");
  const [isBusy, setBusy] = useState(false);
  const toggle = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      const { on, environment } = await call<{ on: boolean; environment: string }>("POST", "/flags/toggle", {
        flag,
      });
      setDone(`${flag} is ${on ? "on" : "off"} in ${environment} now.`);
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  return (
    <>
      <form class="finder" onSubmit={toggle}>
        <input
          type="text"
          aria-label="Flag key"
          autocomplete="off"
          spellcheck={false}
          value={flag}
          onInput={({ currentTarget }) => setFlag(currentTarget.value)}
        />
        <button type="submit" class="action primary" aria-busy={isBusy}>
          Toggle
        </button>
      </form>
      <p class="facts" role="status">
        {done}
      </p>
      {problem && <Problem text={problem} />}
    </>
  );
}
