import { useState } from "preact/hooks";
import type { RequestRow } from "../page-data.ts";
import { Empty, Opener, Outside, Pill, Section, Table, Time, type Tone } from "./parts.tsx";
import { RequestDetail } from "./request-detail.tsx";
import { useIsLocal, usePart } from "./store.ts";
import { count } from "./words.ts";

/** The last requests, and of one that is opened what became of each item. */
export function Requests() {
  const isLocal = useIsLocal();
  const { value: requests, problem } = usePart("requests");
  const [open, setOpen] = useState<string>();
  return (
    <Section
      id="requests"
      title="Requests"
      problem={problem}
      hint="The last ones. Open one to see what became of its items."
    >
      {!isLocal && (
        <Empty>
          A stage keeps no requests: each has a line in the log of ingest.{" "}
          <code>npx sls logs --function ingest --tail</code> shows them.
        </Empty>
      )}
      {isLocal && requests?.length === 0 && (
        <Empty>
          Nothing has come in yet. Press <a href="#try-it">Send</a> beside a sample, or send to one of the
          URLs under <a href="#health">Health</a>.
        </Empty>
      )}
      {isLocal && requests && requests.length > 0 && (
        <Table
          label="The last requests"
          columns={[
            "Time",
            "Connection",
            "Answer",
            { text: "Accepted", kind: "number" },
            { text: "Rejected", kind: "number" },
            { text: "ms", kind: "number" },
          ]}
        >
          {requests.map((request) => (
            <Row
              key={request.id}
              request={request}
              isOpen={request.id === open}
              toggle={() => setOpen(request.id === open ? undefined : request.id)}
            />
          ))}
        </Table>
      )}
      {open !== undefined && <RequestDetail id={open} close={() => setOpen(undefined)} />}
    </Section>
  );
}

function Row({
  request: { at, ms, connection, status, path, accepted, ignored, rejected, code },
  isOpen,
  toggle,
}: {
  readonly request: RequestRow;
  readonly isOpen: boolean;
  readonly toggle: () => void;
}) {
  const reasons = Object.entries(rejected);
  const total = reasons.reduce((sum, [, items]) => sum + items, 0);
  return (
    <tr class={isOpen ? "open" : ""}>
      <td>
        <Opener isOpen={isOpen} toggle={toggle}>
          <Time iso={at} />
        </Opener>
      </td>
      <td>
        <Outside text={connection ?? path} longest={60} />
      </td>
      <td>
        <Pill tone={toneOf(status)}>{status}</Pill> {code !== null && <span class="reason">{code}</span>}
      </td>
      <td class="number">
        {count(accepted)}
        {ignored > 0 && <span class="reason"> {count(ignored)} ignored</span>}
      </td>
      <td class="number">
        {total > 0 ? (
          <span class="reason">
            {reasons.map(([reason, items]) => `${count(items)} ${reason}`).join(", ")}
          </span>
        ) : (
          "0"
        )}
      </td>
      <td class="number">{count(ms)}</td>
    </tr>
  );
}

function toneOf(status: number): Tone {
  if (status < 300) return "good";
  return status < 500 ? "note" : "bad";
}
