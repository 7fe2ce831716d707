import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Flow, FlowDestination, FlowQueue } from "../page-data.ts";
import { call } from "./call.ts";
import { Action, Pill, Problem } from "./parts.tsx";
import { useCourse } from "./rates.ts";
import { Sparkline } from "./sparkline.tsx";
import { count, counted, duration } from "./words.ts";

/** A box lights up for a moment when its number grows. */
function Box({
  title,
  pills,
  total,
  children,
}: {
  readonly title: string;
  readonly pills?: ComponentChildren;
  readonly total: number;
  readonly children: ComponentChildren;
}) {
  return (
    <article class="box" aria-label={title}>
      <span class="pulse" key={total} aria-hidden="true" />
      <header class="box-head">
        <p class="title">{title}</p>
        {pills}
      </header>
      {children}
    </article>
  );
}

export function RequestsBox({ flow: { requests, errors } }: { readonly flow: Flow }) {
  const rate = useCourse("requests").at(-1) ?? 0;
  if (!requests) {
    const failed = errors.find(({ name }) => name === "ingest")?.errors ?? 0;
    return (
      <Box
        title="ingest"
        total={failed}
        pills={failed > 0 && <Pill tone="bad">{counted(failed, "error")}</Pill>}
      >
        <p class="facts">Errors of the last hour: {count(failed)}. What came in is in the stage's log.</p>
      </Box>
    );
  }
  const { accepted, ignored, rejected, refused } = requests;
  return (
    <Box
      title="ingest"
      total={requests.requests}
      pills={
        <>
          {rejected > 0 && <Pill tone="note">{count(rejected)} rejected</Pill>}
          {refused > 0 && <Pill tone="bad">{count(refused)} refused</Pill>}
        </>
      }
    >
      <div class="measure">
        <p class="figure">
          <strong>{count(requests.requests)}</strong> requests <span class="rate">{count(rate)}/s</span>
        </p>
        <Sparkline of="requests" />
      </div>
      <p class="facts">
        {count(accepted)} items accepted{ignored > 0 && `, ${count(ignored)} of no use to their connection`}
      </p>
    </Box>
  );
}

const KINDS = {
  "audience-operations": "Members",
  "metric-events": "Metric events",
  "flag-changes": "Flag changes",
  erasures: "Erasures",
} as const;

export function QueueBox({ queue }: { readonly queue: FlowQueue }) {
  const { kind, destination, waiting, inFlight, oldestSeconds, deadLetters, isPaused } = queue;
  const [problem, setProblem] = useState<string>();
  const title = `${KINDS[kind]} for ${destination}`;
  return (
    <Box
      title={title}
      total={0}
      pills={
        <>
          {isPaused && <Pill tone="note">paused</Pill>}
          {deadLetters > 0 && (
            <a href="#dead-letters">
              <Pill tone="bad">{counted(deadLetters, "dead letter")}</Pill>
            </a>
          )}
        </>
      }
    >
      <div class="measure">
        <p class="figure">
          <strong>{count(waiting + inFlight)}</strong> waiting
          <span class="rate">{oldestSeconds === null ? "" : `oldest ${duration(oldestSeconds)}`}</span>
        </p>
        <Sparkline of={`queue ${queue.name}`} />
      </div>
      <div class="facts with-action">
        <span>{inFlight > 0 ? `${count(inFlight)} in flight` : "none in flight"}</span>
        <Action
          label={isPaused ? "Resume" : "Pause"}
          name={`${isPaused ? "Resume" : "Pause"} ${title}`}
          onProblem={setProblem}
          work={async () => {
            await call("POST", "/pause", { function: queue.function, destination, isPaused: !isPaused });
          }}
        />
      </div>
      {problem && <Problem text={problem} />}
    </Box>
  );
}

export function DestinationBox({
  destination: { service, name, counts },
  limits,
}: {
  readonly destination: FlowDestination;
  readonly limits: Flow["limits"];
}) {
  const rate = useCourse(`${service} ${name}`).at(-1) ?? 0;
  const own = limits.filter(({ destination }) => destination === name);
  const pills = own.map(({ what, count: times }) => (
    <Pill key={what} tone="note">
      {what === "answered-429" ? `limited ${count(times)} times` : "closed"}
    </Pill>
  ));
  if (!counts)
    return (
      <Box title={`${service}, ${name}`} total={0} pills={pills}>
        <p class="facts">
          {own.length === 0
            ? "No limit was met in the last quarter of an hour."
            : "Limits were met in the last quarter of an hour."}
        </p>
      </Box>
    );
  const { applied, unchanged, stale, dropped, dead, retried, requests } = counts;
  const rest = [
    [unchanged, "already there"],
    [stale, "older than what is there"],
    [dropped, "dropped"],
    [retried, "tried again"],
  ] as const;
  const facts = rest.filter(([items]) => items > 0).map(([items, what]) => `${count(items)} ${what}`);
  const total = Object.values(requests).reduce((sum, one) => sum + one, 0);
  return (
    <Box
      title={`${service}, ${name}`}
      total={applied}
      pills={
        <>
          {dead > 0 && <Pill tone="bad">{count(dead)} dead</Pill>}
          {pills}
        </>
      }
    >
      <div class="measure">
        <p class="figure">
          <strong>{count(applied)}</strong> arrived <span class="rate">{count(rate)}/s</span>
        </p>
        <Sparkline of={`${service} ${name}`} />
      </div>
      <p class="facts">{[`${counted(total, "request")}`, ...facts].join(", ")}</p>
    </Box>
  );
}
