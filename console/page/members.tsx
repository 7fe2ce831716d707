import { useEffect, useState } from "preact/hooks";
import type { ShownSegment } from "../../operator/segments.ts";
import type { MemberList } from "../page-data.ts";
import { call, problemOf } from "./call.ts";
import { Empty, Outside, Problem, Time } from "./parts.tsx";
import { count } from "./words.ts";

/** The first members of a segment. */
export function Members({ segment, close }: { readonly segment: ShownSegment; readonly close: () => void }) {
  const kinds = Object.keys(segment.kinds);
  const [kind, setKind] = useState(kinds[0] ?? "user");
  const [list, setList] = useState<MemberList>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let isCurrent = true;
    const { environment, writerText, id } = segment;
    call<MemberList>("POST", "/segments/members", { environment, writer: writerText, id, kind })
      .then((read) => {
        if (!isCurrent) return;
        setList(read);
        setProblem(undefined);
      })
      .catch((error) => isCurrent && setProblem(problemOf(error)));
    return () => {
      isCurrent = false;
    };
  }, [kind, segment.changedAt]);
  return (
    <section class="panel" aria-label="Members of the open segment">
      <header class="panel-head">
        <p class="panel-title">
          Members of <Outside text={segment.id} />
        </p>
        <button type="button" class="action secondary" onClick={close}>
          Close
        </button>
      </header>
      {kinds.length > 1 && (
        <label>
          Context kind
          <select value={kind} onChange={({ currentTarget }) => setKind(currentTarget.value)}>
            {kinds.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      )}
      {problem && <Problem text={problem} />}
      {list?.members.length === 0 && <Empty>Everybody who was in it has been removed.</Empty>}
      {list && list.members.length > 0 && (
        <ul class="members">
          {list.members.map(({ key, at }) => (
            <li key={key}>
              <Outside text={key} /> <Time iso={at} withDay />
            </li>
          ))}
        </ul>
      )}
      {list?.hasMore && (
        <p class="facts">
          The first {count(list.members.length)} of {count(segment.kinds[kind] ?? 0)}. Find a member above
          searches all of them.
        </p>
      )}
    </section>
  );
}
