import { useState } from "preact/hooks";
import type { SentSample } from "../page-data.ts";
import { call, problemOf } from "./call.ts";
import { ExplainEvent } from "./explain-event.tsx";
import { Action, Empty, Outside, Pill, Problem, Section, Table } from "./parts.tsx";
import { useIsLocal, usePart } from "./store.ts";
import { counted } from "./words.ts";

/** Every vendor's sample, and what may go wrong. */
export function TryIt() {
  const isLocal = useIsLocal();
  const { value: samples, problem: unread } = usePart("samples");
  const [sent, setSent] = useState<SentSample>();
  const [problem, setProblem] = useState<string>();
  return (
    <Section
      id="try-it"
      title="Try it"
      hint="Each sample is a request as that vendor sends it, proven with the connection's own secret. Watch it go through the row above."
      problem={problem ?? unread}
    >
      <div class={isLocal ? "pair" : ""}>
        <div>
          {samples?.length === 0 && (
            <Empty>
              No connection of connections.yml takes a sample: docs/sources has a page for each source.
            </Empty>
          )}
          {samples && samples.length > 0 && (
            <Table label="Samples" columns={["Sample", "Connection", { text: "Send it", kind: "actions" }]}>
              {samples.map((row) => (
                <tr key={`${row.sample} ${row.connection}`} aria-label={row.sample}>
                  <th scope="row">{row.sample}</th>
                  <td>{row.connection}</td>
                  <td class="actions">
                    <Action
                      label="Send"
                      kind="primary"
                      onProblem={setProblem}
                      work={async () => {
                        const { sample, connection } = row;
                        const answer = await call<SentSample>("POST", "/samples/send", {
                          sample,
                          connection,
                        });
                        setSent(answer);
                      }}
                    />
                  </td>
                </tr>
              ))}
            </Table>
          )}
          <div class="sent" role="status">
            {sent && <Sent sent={sent} />}
          </div>
          <ExplainEvent />
        </div>
        {isLocal && <Faults />}
      </div>
    </Section>
  );
}

function Sent({ sent: { sample, request, status, answer, look } }: { readonly sent: SentSample }) {
  return (
    <>
      <p>
        <Pill tone={status < 300 ? "good" : "bad"}>{status}</Pill> {sample} was sent to{" "}
        <Outside text={request.url} />
      </p>
      <p class="facts">
        <Outside text={answer} longest={300} />
      </p>
      {status < 300 && <p>{look}</p>}
    </>
  );
}

function Faults() {
  const { value, problem } = usePart("faults");
  const [ownProblem, setOwnProblem] = useState<string>();
  const set = async (id: string, isOn: boolean): Promise<void> => {
    try {
      await call("POST", "/faults/set", { id, isOn });
      setOwnProblem(undefined);
    } catch (error) {
      setOwnProblem(problemOf(error));
    }
  };
  return (
    <fieldset class="faults">
      <legend>What may go wrong</legend>
      {(problem ?? ownProblem) && <Problem text={problem ?? ownProblem ?? ""} />}
      {value?.switches.map(({ id, label, explanation, isOn }) => (
        <label key={id}>
          <input
            type="checkbox"
            role="switch"
            checked={isOn}
            aria-checked={isOn}
            aria-label={label}
            aria-describedby={`fault-${id}`}
            onChange={({ currentTarget }) => set(id, currentTarget.checked)}
          />
          <span>
            {label}
            <small id={`fault-${id}`}>{explanation}</small>
          </span>
        </label>
      ))}
      {value && value.others > 0 && (
        <p class="facts">
          {counted(value.others, "more fault")} ordered by hand.{" "}
          <Action
            label="Take all back"
            onProblem={setOwnProblem}
            work={async () => {
              await call("POST", "/faults/clear");
            }}
          />
        </p>
      )}
    </fieldset>
  );
}
