import { type ComponentChildren, createContext } from "preact";
import { useContext, useState } from "preact/hooks";
import { problemOf } from "./call.ts";
import { serverNow } from "./server-clock.ts";
import { shortened, timeAndDay, timeOfDay } from "./words.ts";

/** Whether the sections have what they show. */
export const IsRead = createContext(false);

export function Section({
  id,
  title,
  hint,
  problem,
  children,
}: {
  readonly id: string;
  readonly title: string;
  /** What the section is about, in a sentence. */
  readonly hint?: string;
  readonly problem?: string | undefined;
  readonly children: ComponentChildren;
}) {
  const isRead = useContext(IsRead);
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <header class="section-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {hint && <p class="hint">{hint}</p>}
      </header>
      {problem && <Problem text={problem} />}
      {isRead ? children : <Empty>Reading the bundle.</Empty>}
    </section>
  );
}

export function Problem({ text }: { readonly text: string }) {
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** Text from outside: its direction is its own, and it never widens the page. */
export function Outside({ text, longest }: { readonly text: string; readonly longest?: number }) {
  return <bdi class="outside">{shortened(text, longest)}</bdi>;
}

export function Time({ iso, withDay = false }: { readonly iso: string; readonly withDay?: boolean }) {
  return (
    <time dateTime={iso} title={iso}>
      {withDay ? timeAndDay(iso, serverNow(Date.now())) : timeOfDay(iso)}
    </time>
  );
}

export type Tone = "good" | "bad" | "note" | "quiet";

export function Pill({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return <span class={`pill ${tone}`}>{children}</span>;
}

/** A table that scrolls in its own box, with its heading in sight. */
export function Table({
  label,
  columns,
  children,
}: {
  readonly label: string;
  readonly columns: readonly (
    | string
    | { readonly text: string; readonly kind: "number" | "wide" | "actions" }
  )[];
  readonly children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard
    <section class="table-box" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => {
              const { text, kind } = typeof column === "string" ? { text: column, kind: undefined } : column;
              return (
                <th key={text} scope="col" class={kind}>
                  {kind === "actions" ? <span class="unseen">{text}</span> : text}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

/** A button whose work takes a while: it cannot be pressed again meanwhile, and what went wrong stands beside it. */
export function Action({
  label,
  name,
  work,
  onProblem,
  kind = "secondary",
}: {
  readonly label: string;
  /** For screen readers, where the label alone does not say what it is about. */
  readonly name?: string;
  readonly work: () => Promise<void>;
  readonly onProblem: (problem: string | undefined) => void;
  readonly kind?: "primary" | "secondary" | "danger";
}) {
  const [isBusy, setBusy] = useState(false);
  const press = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    onProblem(undefined);
    try {
      await work();
    } catch (error) {
      onProblem(problemOf(error));
    }
    setBusy(false);
  };
  return (
    <button
      type="button"
      class={`action ${kind}`}
      aria-busy={isBusy}
      aria-disabled={isBusy}
      aria-label={name}
      onClick={press}
    >
      {label}
    </button>
  );
}

/** The first thing of a row that can be opened: it shows below the table what the row is about. */
export function Opener({
  isOpen,
  toggle,
  children,
}: {
  readonly isOpen: boolean;
  readonly toggle: () => void;
  readonly children: ComponentChildren;
}) {
  return (
    <button type="button" class="opener" aria-expanded={isOpen} onClick={toggle}>
      {children}
    </button>
  );
}

export function Code({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by the keyboard
    <section class="code" tabIndex={0} aria-label={label}>
      <pre dir="auto">{text}</pre>
    </section>
  );
}
