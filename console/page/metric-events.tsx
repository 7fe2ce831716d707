import { Empty, Outside, Section, Table, Time } from "./parts.tsx";
import { useIsLocal, usePart } from "./store.ts";
import { count, counted } from "./words.ts";

/** The last metric events, as LaunchDarkly has them. */
export function MetricEvents() {
  const isLocal = useIsLocal();
  const { value, problem } = usePart("metricEvents");
  const hint =
    value && value.total > 0
      ? `${counted(value.total, "event")} arrived in LaunchDarkly; these are the last.`
      : "As they arrived in LaunchDarkly.";
  return (
    <Section id="metric-events" title="Metric events" problem={problem} hint={hint}>
      {!isLocal && (
        <Empty>
          LaunchDarkly's API does not list events. Its own page of a metric shows them: Metrics → the metric →
          Activity.
        </Empty>
      )}
      {isLocal && value?.events.length === 0 && (
        <Empty>
          No metric event has arrived yet. Press <a href="#try-it">Send</a> beside a metric sample.
        </Empty>
      )}
      {isLocal && value && value.events.length > 0 && (
        <Table
          label="The last metric events"
          columns={["Time", "Event", "Context keys", { text: "Value", kind: "number" }, "Environment"]}
        >
          {value.events.map((event, at) => (
            <tr key={at}>
              <td>
                <Time iso={event.at} withDay />
              </td>
              <td>
                <Outside text={event.key} longest={80} />
              </td>
              <td>
                <Outside text={event.contextKeys} longest={80} />
              </td>
              <td class="number">{event.value === null ? "" : count(event.value)}</td>
              <td>{event.environment}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}
