import { useState } from "preact/hooks";
import type { ShownSegment } from "../../operator/segments.ts";
import type { SegmentList } from "../page-data.ts";
import { call } from "./call.ts";
import { Finder } from "./finder.tsx";
import { Members } from "./members.tsx";
import { Action, Empty, Opener, Outside, Pill, Problem, Section, Table, Time } from "./parts.tsx";
import { useIsLocal, usePart } from "./store.ts";
import { count, counted } from "./words.ts";

const NONE: readonly ShownSegment[] = [];

/** What the ledger knows: who is in which segment, and why. */
export function Segments() {
  const isLocal = useIsLocal();
  const { value: live, problem } = usePart("segments");
  const [read, setRead] = useState<SegmentList>();
  const [ownProblem, setOwnProblem] = useState<string>();
  const [open, setOpen] = useState<string>();
  const list = isLocal ? live : read;
  const opened = list?.segments.find((segment) => keyOf(segment) === open);
  return (
    <Section
      id="segments"
      title="Segments"
      hint="What LaunchDarkly acknowledged. Open one for its members, or find a member in all of them."
      problem={problem ?? ownProblem}
    >
      <Finder segment={opened} all={list?.segments ?? NONE} />
      {!isLocal && (
        <p>
          <Action
            label="Read the ledger"
            onProblem={setOwnProblem}
            work={async () => setRead(await call<SegmentList>("POST", "/segments/list"))}
          />{" "}
          <span class="facts">One scan of its table; AWS bills about 12 cents for a gigabyte.</span>
        </p>
      )}
      {list?.segments.length === 0 && (
        <Empty>
          No segment has a member yet. Press <a href="#try-it">Send</a> beside an audience sample.
        </Empty>
      )}
      {list && list.segments.length > 0 && (
        <Table
          label="Segments"
          columns={[
            "Segment",
            "Environment",
            "Written as",
            { text: "Members", kind: "number" },
            "Last change",
            "Held",
          ]}
        >
          {list.segments.map((segment) => {
            const key = keyOf(segment);
            return (
              <tr key={key} class={key === open ? "open" : ""}>
                <th scope="row">
                  <Opener isOpen={key === open} toggle={() => setOpen(key === open ? undefined : key)}>
                    <Outside text={segment.id} longest={80} />
                  </Opener>
                </th>
                <td>{segment.environment}</td>
                <td>{segment.writerText}</td>
                <td class="number">
                  {Object.entries(segment.kinds)
                    .map(([kind, members]) => `${count(members)} ${kind}`)
                    .join(", ")}
                </td>
                <td>{segment.changedAt === null ? "never" : <Time iso={segment.changedAt} withDay />}</td>
                <td>{segment.hold && <Pill tone="note">{segment.hold.kind}</Pill>}</td>
              </tr>
            );
          })}
        </Table>
      )}
      {list && list.foreignItems > 0 && (
        <Problem
          text={`${counted(list.foreignItems, "item")} of the ledger's table are not Flagbridge's: somebody has written to it.`}
        />
      )}
      {opened && <Members key={keyOf(opened)} segment={opened} close={() => setOpen(undefined)} />}
    </Section>
  );
}

function keyOf({ environment, writerText, id }: ShownSegment): string {
  return JSON.stringify([environment, writerText, id]);
}
