import { useEffect, useRef, useState } from "preact/hooks";
import type { LetterGroup } from "../../operator/dead-letters/list.ts";
import { call } from "./call.ts";
import { Action, Problem } from "./parts.tsx";
import { count, counted } from "./words.ts";

type Deleted = { readonly deleted: number; readonly left: number; readonly file: string };

/** Nothing is deleted without a yes to what would be. */
export function DeleteLetters({
  group,
  onEnd,
  onDone,
}: {
  readonly group: LetterGroup;
  readonly onEnd: () => void;
  readonly onDone: (text: string) => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<string>();
  useEffect(() => dialog.current?.showModal(), []);
  const remove = async (): Promise<void> => {
    const { deleted, left, file } = await call<Deleted>("POST", "/dead-letters/delete", group);
    onDone(
      `${counted(deleted, "letter was", "letters were")} deleted${left > 0 ? `, ${count(left)} are left` : ""}. The copy is ${file}.`,
    );
    onEnd();
  };
  return (
    <dialog ref={dialog} onClose={onEnd} aria-labelledby="confirm-title">
      <article>
        <h3 id="confirm-title">
          Delete {counted(group.count, "letter")} with {counted(group.items, "item")}?
        </h3>
        <p>
          They are gone for good. A copy of each goes into a file in the folder where the console was started,
          before it is deleted.
        </p>
        {problem && <Problem text={problem} />}
        <footer class="dialog-foot">
          <button type="button" class="action secondary" onClick={() => dialog.current?.close()}>
            Keep them
          </button>
          <Action label="Delete them" kind="danger" onProblem={setProblem} work={remove} />
        </footer>
      </article>
    </dialog>
  );
}
