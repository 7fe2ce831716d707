import { useState } from "preact/hooks";
import type { LetterGroup } from "../../operator/dead-letters/list.ts";
import { call } from "./call.ts";
import { DeleteLetters } from "./delete-letters.tsx";
import { OpenLetters } from "./open-letters.tsx";
import { Action, Empty, Opener, Outside, Pill, Section, Table, Time } from "./parts.tsx";
import { usePart, useStore } from "./store.ts";
import { count, counted } from "./words.ts";

type Redriven = {
  readonly sent: number;
  readonly left: number;
  readonly codes: Readonly<Record<string, number>>;
};

/** What a person has to look at, by what it died of. */
export function DeadLetters() {
  const { value: list, problem } = usePart("letters");
  const [open, setOpen] = useState<string>();
  const [deleting, setDeleting] = useState<LetterGroup>();
  const [ownProblem, setOwnProblem] = useState<string>();
  const [done, setDone] = useState("");
  const prefix = useStore(({ parts }) => parts.target?.namePrefix ?? "");
  const opened = list?.groups.find((group) => keyOf(group) === open);
  const redrive = async (group: LetterGroup): Promise<void> => {
    setDone("");
    const { sent, left, codes } = await call<Redriven>("POST", "/dead-letters/redrive", group);
    setDone(redrivenText(sent, left, codes));
  };
  return (
    <Section
      id="dead-letters"
      title="Dead letters"
      hint="What could not be delivered and is kept for 14 days. Put right what was wrong, then redrive."
      problem={problem ?? ownProblem}
    >
      <p class="facts" role="status">
        {done}
      </p>
      {!list && !problem && <Empty>Reading the dead-letter queues.</Empty>}
      {list?.letters === 0 && (
        <Empty>
          There are none. To see one, turn on “LaunchDarkly refuses members” under{" "}
          <a href="#try-it">Try it</a> and press Send.
        </Empty>
      )}
      {list && list.groups.length > 0 && (
        <Table
          label="Dead letters by what they died of"
          columns={[
            "Why",
            "Connection",
            "Queue",
            { text: "Letters", kind: "number" },
            { text: "Items", kind: "number" },
            "Oldest",
            { text: "What to do", kind: "actions" },
          ]}
        >
          {list.groups.map((group) => {
            const key = keyOf(group);
            return (
              <tr key={key} class={key === open ? "open" : ""}>
                <th scope="row">
                  <Opener isOpen={key === open} toggle={() => setOpen(key === open ? undefined : key)}>
                    {group.reason}
                  </Opener>
                  {group.status !== null && <Pill tone="bad">{group.status}</Pill>}
                  <p class="cause">
                    <Outside text={group.cause} longest={200} />
                  </p>
                </th>
                <td>
                  <Outside text={group.connection} longest={60} />
                </td>
                <td>{group.queue.slice(prefix.length)}</td>
                <td class="number">{count(group.count)}</td>
                <td class="number">{count(group.items)}</td>
                <td>
                  <Time iso={group.oldest} withDay />
                </td>
                <td class="actions">
                  <Action
                    label="Redrive"
                    kind="primary"
                    onProblem={setOwnProblem}
                    work={() => redrive(group)}
                  />
                  <button type="button" class="action danger" onClick={() => setDeleting(group)}>
                    Delete
                  </button>
                </td>
              </tr>
            );
          })}
        </Table>
      )}
      {list?.isCut && <p class="facts">There may be more: reading stopped at {count(list.letters)}.</p>}
      {opened && <OpenLetters key={open} group={opened} close={() => setOpen(undefined)} />}
      {deleting && <DeleteLetters group={deleting} onEnd={() => setDeleting(undefined)} onDone={setDone} />}
    </Section>
  );
}

function keyOf({ queue, reason, cause, status, connection }: LetterGroup): string {
  return JSON.stringify([queue, reason, cause, status, connection]);
}

function redrivenText(sent: number, left: number, codes: Redriven["codes"]): string {
  if (sent === 0 && left === 0) return "There was nothing left to send back: somebody else has just done it.";
  const back = `${counted(sent, "letter is", "letters are")} back in ${sent === 1 ? "its queue" : "their queues"}.`;
  if (left === 0) return back;
  return `${back} SQS did not take ${count(left)} of them (${Object.keys(codes).join(", ")}): press Redrive again.`;
}
