import { DestinationBox, QueueBox, RequestsBox } from "./flow-boxes.tsx";
import { Empty, Problem, Section } from "./parts.tsx";
import { usePart } from "./store.ts";

/** The way of everything, from the left to the right. */
export function Flow() {
  const { value: flow, problem } = usePart("flow");
  return (
    <Section id="flow" title="Flow" problem={problem}>
      {flow?.problems.map((text) => (
        <Problem key={text} text={text} />
      ))}
      {flow?.alarms.map(({ name, since }) => (
        <Problem
          key={name}
          text={`The alarm ${name} rings since ${since}. docs/runbook.md says what to do.`}
        />
      ))}
      <div class="flow">
        <div class="flow-column">
          <p class="column-title">Requests</p>
          {flow ? <RequestsBox flow={flow} /> : <Waiting />}
        </div>
        <div class="flow-column">
          <p class="column-title">Queues</p>
          {flow ? flow.queues.map((queue) => <QueueBox key={queue.name} queue={queue} />) : <Waiting />}
          {flow?.queues.length === 0 && <Empty>connections.yml sends nothing anywhere yet.</Empty>}
        </div>
        <div class="flow-column">
          <p class="column-title">LaunchDarkly and PostHog</p>
          {flow ? (
            flow.destinations.map((one) => (
              <DestinationBox key={`${one.service} ${one.name}`} destination={one} limits={flow.limits} />
            ))
          ) : (
            <Waiting />
          )}
        </div>
      </div>
    </Section>
  );
}

/** As large as what comes in its place. */
function Waiting() {
  return <div class="box" aria-busy="true" />;
}
