import * as z from "zod";
import type { SandboxDoor } from "../operator/sandbox-door.ts";
import type { ArrivedFlagChange, ArrivedMetricEvent, FlagChanges, MetricEvents } from "./page-data.ts";

const SHOWN = 50;
const SHOWN_CHARACTERS = 4_000;

const metricEvents = z.object({
  distinct: z.number(),
  events: z.array(
    z.looseObject({
      key: z.string(),
      environmentId: z.string(),
      creationDate: z.number(),
      contextKeys: z.record(z.string(), z.string()).optional(),
      userKey: z.string().optional(),
      metricValue: z.number().optional(),
      data: z.unknown().optional(),
    }),
  ),
});

/** The last metric events that LaunchDarkly has, newest first. */
export async function readMetricEvents(
  sandbox: SandboxDoor,
  environmentNames: ReadonlyMap<string, string>,
): Promise<MetricEvents> {
  const { events, distinct } = metricEvents.parse(
    await sandbox.get(`/sandbox/launchdarkly/events?last=${SHOWN}`),
  );
  return {
    total: distinct,
    events: events.reverse().map((event): ArrivedMetricEvent => {
      const { key, environmentId, creationDate, contextKeys, userKey, metricValue, data } = event;
      const keys = contextKeys ?? (userKey === undefined ? {} : { user: userKey });
      return {
        key,
        environment: environmentNames.get(environmentId) ?? environmentId,
        contextKeys: Object.entries(keys)
          .map(([kind, one]) => `${kind} ${one}`)
          .join(", "),
        value: metricValue ?? null,
        at: timeOf(creationDate),
        data: data === undefined ? "" : cut(JSON.stringify(data, undefined, 2)),
      };
    }),
  };
}

const posthogEvents = z.object({
  distinct: z.number(),
  events: z.array(
    z.looseObject({
      event: z.string(),
      project: z.string(),
      distinct_id: z.string(),
      timestamp: z.string(),
      properties: z
        .looseObject({
          direction: z.string().optional(),
          flagKey: z.string().optional(),
          email: z.string().optional(),
          environments: z.array(z.string()).optional(),
        })
        .optional(),
    }),
  ),
});

/** The last events of flag changes that PostHog has, newest first. */
export async function readFlagChanges(sandbox: SandboxDoor): Promise<FlagChanges> {
  const { events, distinct } = posthogEvents.parse(
    await sandbox.get(`/sandbox/posthog/events?last=${SHOWN}`),
  );
  return {
    total: distinct,
    events: events
      .reverse()
      .map(({ event, project, distinct_id: id, timestamp, properties = {} }): ArrivedFlagChange => {
        const { direction, flagKey, email, environments = [] } = properties;
        return {
          name: event,
          project,
          who: email === undefined || email === "" ? id : email,
          at: timestamp,
          flag: flagKey === undefined ? "" : [flagKey, environments.join(", ")].filter(Boolean).join(" in "),
          direction: direction ?? "",
          properties: cut(JSON.stringify(properties, undefined, 2)),
        };
      }),
  };
}

/** A sender's clock may be anywhere, also where no date is. */
function timeOf(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}

function cut(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
