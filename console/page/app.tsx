import { useEffect, useState } from "preact/hooks";
import { DeadLetters } from "./dead-letters.tsx";
import { FlagChanges } from "./flag-changes.tsx";
import { Flow } from "./flow.tsx";
import { Health } from "./health.tsx";
import { MetricEvents } from "./metric-events.tsx";
import { IsRead } from "./parts.tsx";
import { Requests } from "./requests.tsx";
import { Segments } from "./segments.tsx";
import { type PartName, type State, useStore } from "./store.ts";
import { Top } from "./top.tsx";
import { TryIt } from "./try-it.tsx";

/** What is read before the sections are filled, all at once: what comes later stands below it, so that nothing moves under a finger. */
const FIRST: readonly PartName[] = [
  "target",
  "samples",
  "flow",
  "requests",
  "segments",
  "metricEvents",
  "flagChanges",
  "faults",
];
/** Those that a stage has not. */
const OF_A_STAGE: readonly PartName[] = ["target", "samples", "flow"];
const PATIENCE_MS = 3_000;

export function App() {
  const isLocked = useStore(({ link }) => link === "locked");
  const isKnown = useStore(hasFirst);
  const [isPatient, setPatient] = useState(true);
  useEffect(() => {
    const waiting = setTimeout(() => setPatient(false), PATIENCE_MS);
    return () => clearTimeout(waiting);
  }, []);
  return (
    <>
      <Top />
      <IsRead.Provider value={isKnown || !isPatient}>
        <main>{isLocked ? <Locked /> : <Sections />}</main>
      </IsRead.Provider>
    </>
  );
}

function hasFirst({ parts, problems }: State): boolean {
  const wanted = parts.target?.where.kind === "stage" ? OF_A_STAGE : FIRST;
  return wanted.every((name) => parts[name] !== undefined || problems[name] !== undefined);
}

function Sections() {
  return (
    <>
      <Flow />
      <TryIt />
      <Requests />
      <Segments />
      <MetricEvents />
      <FlagChanges />
      <DeadLetters />
      <Health />
    </>
  );
}

function Locked() {
  return (
    <section class="locked">
      <h1>This tab has no token</h1>
      <p>
        Open the console with the URL that <code>npm start</code> or <code>npx flagbridge console</code>{" "}
        printed. Its token is what keeps other pages and other people of this machine out.
      </p>
    </section>
  );
}
