import type { Where } from "../../operator/bundle.ts";
import { type Link, usePart, useStore } from "./store.ts";

const SECTIONS = [
  ["flow", "Flow"],
  ["try-it", "Try it"],
  ["requests", "Requests"],
  ["segments", "Segments"],
  ["metric-events", "Metric events"],
  ["flag-changes", "Flag changes"],
  ["dead-letters", "Dead letters"],
  ["health", "Health"],
] as const;

/** What is looked at, whether it answers, and the way to each section. */
export function Top() {
  const link = useStore((state) => state.link);
  const { value: target, problem } = usePart("target");
  const letters = useStore(
    ({ parts }) => parts.flow?.queues.reduce((sum, { deadLetters }) => sum + deadLetters, 0) ?? 0,
  );
  return (
    <header class="top">
      <div class="top-line">
        <strong class="brand">Flagbridge</strong>
        {target && <span class="where">{whereText(target.where)}</span>}
        <LinkSign link={problem === undefined ? link : "gone"} />
      </div>
      {link === "live" && problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {link === "gone" && (
        <p class="problem banner" role="alert">
          The stack is gone: nothing answers here any more. What you see is from before; the page goes on by
          itself when it is back.
        </p>
      )}
      <nav aria-label="Sections">
        <ul>
          {SECTIONS.map(([id, title]) => (
            <li key={id}>
              <a href={`#${id}`}>
                {title}
                {id === "dead-letters" && letters > 0 && <span class="badge">{letters}</span>}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}

const SIGNS: Readonly<Record<Link, string>> = {
  connecting: "Connecting",
  live: "Live",
  gone: "Gone, trying again",
  locked: "No token",
};

function LinkSign({ link }: { readonly link: Link }) {
  return (
    <span class={`link ${link}`} role="status">
      {SIGNS[link]}
    </span>
  );
}

function whereText(where: Where): string {
  return where.kind === "local"
    ? `local stack, ${where.url.replace(/^https?:\/\//, "")}`
    : `stage ${where.stage}, ${where.region}, account ${where.accountId}`;
}
