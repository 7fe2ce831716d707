import {
  contextKeyNames,
  MPARTICLE_DEVICE_IDENTITIES,
  SOURCE_TRAITS,
} from "../../lib/connections/source-traits.ts";
import { POSTHOG_HEADERS, posthogGlobals } from "./posthog-globals.ts";
import {
  iso,
  JSON_TYPE,
  type Sample,
  type SampleFacts,
  sampleMember,
  sampleSegment,
  type VendorRequest,
} from "./sample.ts";

/** One member enters one audience, as each vendor tells it. The pages of docs/sources link what defines the shapes. */
export const AUDIENCE_SAMPLES: readonly Sample[] = [
  audience("segment", (facts) => {
    const { id, nowMs } = facts;
    const at = iso(nowMs);
    const member = sampleMember(facts);
    const body = {
      type: "track",
      event: "Audience Entered",
      userId: member,
      anonymousId: member,
      messageId: `personas_${id}`,
      timestamp: at,
      originalTimestamp: at,
      context: {
        personas: {
          computation_class: "audience",
          computation_id: sampleSegment(facts).id,
          computation_key: "flagbridge_sample",
        },
        traits: { email: member },
      },
      properties: { audience_key: "flagbridge_sample", flagbridge_sample: true },
    };
    return trackingRequest("track", facts, body, { "user-agent": "Segment (Actions)" });
  }),
  audience("rudderstack", (facts) => {
    const { id, nowMs } = facts;
    const member = sampleMember(facts);
    const names = contextKeyNames(facts.connection);
    return trackingRequest("audiencelist", facts, {
      type: "audiencelist",
      userId: member,
      messageId: id,
      timestamp: iso(nowMs),
      properties: { listData: { add: [Object.fromEntries(names.map((name) => [name, member]))] } },
      context: { library: { name: "http" } },
    });
  }),
  audience("tealium", (facts) =>
    targetsRequest(facts, {
      action: "add_member",
      parameters: {
        tealium_project_id: facts.environmentId,
        ...cohort("tealium_", facts),
        tealium_session_id: sampleMember(facts),
        members: [person("member_id", sampleMember(facts))],
      },
    }),
  ),
  audience("zeotap", (facts) =>
    targetsRequest(facts, {
      action: "add_members",
      parameters: {
        integration_project_id: facts.environmentId,
        ...cohort("integration_", facts),
        integration_session_id: facts.id,
        members: [person("integration_distinct_id", sampleMember(facts))],
      },
    }),
  ),
  audience("amplitude", (facts) => ({
    path: connectionPath(facts),
    headers: { ...JSON_TYPE, "user-agent": "Amplitude/Webhook/1.0" },
    body: JSON.stringify({
      cohort_name: sampleSegment(facts).name,
      cohort_id: sampleSegment(facts).id,
      in_cohort: true,
      computed_time: String(Math.floor(facts.nowMs / 1_000)),
      message_id: `${facts.id}::enter::0`,
      users: [{ user_id: sampleMember(facts), user_properties: { email: sampleMember(facts) } }],
    }),
  })),
  audience("mixpanel", (facts) => ({
    path: connectionPath(facts),
    headers: JSON_TYPE,
    body: JSON.stringify({
      action: "add_members",
      parameters: {
        mixpanel_project_id: "1",
        ...cohort("mixpanel_", facts),
        mixpanel_session_id: facts.id,
        page_info: { total_pages: 1, page_count: 1 },
        members: [person("mixpanel_distinct_id", sampleMember(facts))],
      },
    }),
  })),
  audience("mparticle", (facts) => ({
    path: connectionPath(facts),
    headers: JSON_TYPE,
    body: JSON.stringify({
      type: "audience_membership_change_request",
      id: facts.id,
      timestamp_ms: facts.nowMs,
      firehose_version: "3.2.0",
      account: { account_id: 1, account_settings: { apiKey: facts.secret.tokens?.[0] } },
      user_profiles: [
        {
          ...identities(contextKeyNames(facts.connection)[0] ?? "customer", sampleMember(facts)),
          audiences: [
            { audience_id: sampleSegment(facts).id, audience_name: sampleSegment(facts).name, action: "add" },
          ],
        },
      ],
    }),
  })),
  audience("posthog", (facts) => ({
    path: connectionPath(facts),
    headers: POSTHOG_HEADERS,
    body: JSON.stringify({
      ...posthogGlobals(facts, contextKeyNames(facts.connection)),
      segment: sampleSegment(facts),
      member: true,
    }),
  })),
  audience("flagbridge", (facts) => ({
    path: connectionPath(facts),
    headers: JSON_TYPE,
    body: JSON.stringify({
      audienceOperations: [
        {
          segment: sampleSegment(facts),
          contextKey: sampleMember(facts),
          action: "add",
          at: iso(facts.nowMs),
          id: facts.id,
        },
      ],
    }),
  })),
];

function audience(source: Sample["source"], request: Sample["request"]): Sample {
  return { name: `${source}-audience`, source, through: "audiences", request };
}

export function connectionPath({ connectionName }: SampleFacts): string {
  return `/c/${connectionName}`;
}

/** A call of the Tracking API where the connection has a write key, else the same as a webhook. */
export function trackingRequest(
  call: "track" | "audiencelist",
  facts: SampleFacts,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): VendorRequest {
  const isWebhook = facts.secret.signingSecrets !== undefined || facts.secret.writeKeys === undefined;
  return {
    path: isWebhook ? connectionPath(facts) : `/v1/${call}`,
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify(body),
  };
}

/** The request of the vendor's LaunchDarkly connector with only its URL changed; it presents a token. */
function targetsRequest(facts: SampleFacts, body: object): VendorRequest {
  const { connection, secret } = facts;
  const { integration } = SOURCE_TRAITS[connection.source];
  const isTarget = secret.tokens !== undefined && integration !== undefined;
  return {
    path: isTarget ? `/api/v2/segment-targets/${integration}` : connectionPath(facts),
    headers: JSON_TYPE,
    body: JSON.stringify(body),
  };
}

function cohort(prefix: string, facts: SampleFacts): Readonly<Record<string, string>> {
  const { id, name } = sampleSegment(facts);
  return { [`${prefix}cohort_id`]: id, [`${prefix}cohort_name`]: name };
}

/** Under every name that a connection may read the key from. */
function person(idField: string, member: string): Readonly<Record<string, string>> {
  return { [idField]: member, email: member, phone_number: member, first_name: member, last_name: member };
}

function identities(name: string, member: string): object {
  if (name === "mpid") return { mpid: member };
  const list = [{ type: name === "partner" ? "sample" : name, encoding: "raw", value: member }];
  if (name === "partner") return { mpid: "1", partner_identities: list };
  return MPARTICLE_DEVICE_IDENTITIES.includes(name)
    ? { mpid: "1", device_identities: list }
    : { mpid: "1", user_identities: list };
}
