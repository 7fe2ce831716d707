import type { Connection, MetricsSettings } from "../../lib/connections/schema.ts";
import { connectionPath, trackingRequest } from "./audience-samples.ts";
import { POSTHOG_HEADERS, posthogGlobals } from "./posthog-globals.ts";
import { iso, JSON_TYPE, type Sample, type SampleFacts, sampleMember, withValuesAt } from "./sample.ts";

/** One metric event, as the sources that send some tell it. */
export const METRIC_SAMPLES: readonly Sample[] = [
  metric("segment", trackCall),
  metric("rudderstack", trackCall),
  metric("posthog", (facts) => {
    const { metrics } = facts.connection;
    const names = Object.values(metrics?.contextKeys ?? {}).flat();
    return {
      path: connectionPath(facts),
      headers: POSTHOG_HEADERS,
      body: JSON.stringify(posthogGlobals(facts, names, eventName(metrics))),
    };
  }),
  metric("flagbridge", (facts) => {
    const { metrics } = facts.connection;
    return {
      path: connectionPath(facts),
      headers: JSON_TYPE,
      body: JSON.stringify({
        metricEvents: [
          {
            key: eventName(metrics),
            contextKeys: { [metrics?.contextKind ?? "user"]: sampleMember(facts) },
            at: iso(facts.nowMs),
            value: 12.5,
            id: facts.id,
          },
        ],
      }),
    };
  }),
];

/** LaunchDarkly's webhook for a flag that was turned on. https://launchdarkly.com/docs/home/infrastructure/webhooks */
export const FLAG_CHANGE_SAMPLE: Sample = {
  name: "launchdarkly-flag-change",
  source: "launchdarkly",
  through: "posthog",
  request: (facts) => ({
    path: connectionPath(facts),
    headers: { ...JSON_TYPE, "user-agent": "LD-Integrations/1.0" },
    body: JSON.stringify(flagEntry(facts)),
  }),
};

function metric(source: Sample["source"], request: Sample["request"]): Sample {
  return { name: `${source}-metric`, source, through: "metrics", request };
}

function trackCall(facts: SampleFacts) {
  const { id, nowMs, connection } = facts;
  const member = sampleMember(facts);
  const at = iso(nowMs);
  const call = {
    type: "track",
    event: eventName(connection.metrics),
    userId: member,
    anonymousId: member,
    messageId: id,
    timestamp: at,
    originalTimestamp: at,
    sentAt: at,
    properties: { revenue: 12.5, currency: "EUR" },
    context: { library: { name: "http" } },
  };
  // Wherever the connection reads context keys from, there is one.
  const places = Object.values(connection.metrics?.contextKeys ?? {}).flat();
  return trackingRequest("track", facts, withValuesAt(call, places, member));
}

/** An event that the connection sends. */
function eventName(metrics: MetricsSettings | undefined): string {
  const name = metrics?.only?.[0] ?? "Order Completed";
  return metrics?.except?.includes(name) ? "Flagbridge Sample" : name;
}

/** An entry of the audit log that the connection's filters let through. */
function flagEntry({ connection, id, nowMs }: SampleFacts): object {
  const { project, environment, action } = selectedBy(connection.posthog);
  const resource = `proj/${project}:env/${environment}:flag/flagbridge-sample`;
  const site = `/${project}/${environment}/features/flagbridge-sample`;
  const canonical = { href: `/api/v2/flags/${project}/flagbridge-sample`, type: "application/json" };
  return {
    _links: {
      canonical,
      parent: { href: "/api/v2/auditlog", type: "application/json" },
      self: { href: `/api/v2/auditlog/${id}`, type: "application/json" },
      site: { href: site, type: "text/html" },
    },
    _id: id,
    _accountId: "569f514156e003339cfd3917",
    date: nowMs,
    accesses: [{ action, resource }],
    kind: connection.posthog?.only.kinds[0] ?? "flag",
    name: "Flagbridge sample",
    description: "",
    shortDescription: "",
    comment: "Sent by flagbridge send",
    member: { _id: "569f514183f2164430000002", email: "ana@example.com", firstName: "Ana", lastName: "Sol" },
    titleVerb: "turned on the flag",
    title: `[Ana Sol](mailto:ana@example.com) turned on the flag [Flagbridge sample](https://app.launchdarkly.com${site}) in \`${environment}\``,
    target: {
      _links: { canonical, site: { href: site, type: "text/html" } },
      name: "Flagbridge sample",
      resources: [resource],
    },
  };
}

function selectedBy(posthog: Connection["posthog"]) {
  const { projects = [], environments = [], actions = [] } = posthog?.only ?? {};
  return {
    project: projects[0] ?? "default",
    environment: environments[0] ?? "production",
    action: actions.length === 0 || actions.includes("behaviour") ? "updateOn" : (actions[0] ?? "updateOn"),
  };
}
