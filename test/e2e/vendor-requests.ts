import { createHmac } from "node:crypto";

/** A request as its vendor sends it, byte for byte; `add` and `remove` of the same member of the same segment. */
export type VendorRow = {
  /** The vendor, and its way in if it has several. */
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For vendors that sign what they send. */
  readonly sign?: (body: string) => Readonly<Record<string, string>>;
  readonly add: string;
  readonly remove: string;
  /** What the vendor reads as success; `[204, ""]` for LaunchDarkly's own connectors. */
  readonly answers: { readonly add: Answer; readonly remove: Answer };
  /** Its request says when: an add that comes again after the removal is old then, and changes nothing. */
  readonly saysWhen: boolean;
  readonly segment: {
    readonly integration: string;
    readonly id: string;
    readonly name: string;
    readonly contextKind: string;
  };
  readonly member: string;
};

/** A pattern where the vendor's own shape has the time of the answer in it. */
export type Answer = readonly [status: number, body: string | RegExp];

export const ENVIRONMENT = "e2e-environment";

/** One connection per source. What proves a sender is in {@link SECRETS}. */
export const CONNECTIONS = `launchdarkly:
  staging:
    clientSideId: ${ENVIRONMENT}
    instance: { api: http://localhost:3000/sandbox/launchdarkly, events: http://localhost:3000/sandbox/launchdarkly }
    secret: launchdarkly
connections:
  segment: { source: segment, secret: segment, audiences: { to: [staging] } }
  rudderstack: { source: rudderstack, secret: rudderstack, audiences: { to: [staging], segment: { id: beta, name: Beta users } } }
  tealium: { source: tealium, secret: tealium, audiences: { to: [staging] } }
  zeotap: { source: zeotap, secret: zeotap, audiences: { to: [staging] } }
  amplitude: { source: amplitude, secret: amplitude, header: X-Flagbridge-Token, audiences: { to: [staging] } }
  mixpanel: { source: mixpanel, secret: mixpanel, audiences: { to: [staging], integration: fulcrum, contextKind: account } }
  mparticle: { source: mparticle, secret: mparticle, audiences: { to: [staging] } }
  posthog: { source: posthog, secret: posthog, header: X-Flagbridge-Token, audiences: { to: [staging], contextKind: account, contextKey: [email] } }
  own: { source: flagbridge, secret: own, audiences: { to: [staging] } }
`;

export const SECRETS = {
  launchdarkly: { accessToken: "e2e-access" },
  segment: { signingSecrets: ["e2e-shared-secret"] },
  rudderstack: { writeKeys: ["e2e-rudder-key"] },
  tealium: { tokens: ["e2e-tealium"] },
  zeotap: { tokens: ["e2e-zeotap"] },
  amplitude: { tokens: ["e2e-amplitude"] },
  mixpanel: { writeKeys: ["e2e-mixpanel"] },
  mparticle: { tokens: ["e2e-mparticle"] },
  posthog: { tokens: ["e2e-posthog"] },
  own: { tokens: ["e2e-own"] },
};

const JSON_TYPE = { "content-type": "application/json" };
const ONE_TAKEN: Answer = [200, '{"success":true,"accepted":1,"ignored":0,"rejected":[]}'];
const OURS = { add: ONE_TAKEN, remove: ONE_TAKEN };
const LAUNCHDARKLYS: Record<"add" | "remove", Answer> = { add: [204, ""], remove: [204, ""] };
const form = (json: string) => `data=${encodeURIComponent(json)}`;

function engageTrack(event: string, flag: boolean, at: string, messageId: string): string {
  return `{"context":{"personas":{"computation_class":"audience","computation_id":"aud_2g5VilffxpBYqelWk4K0yBzAuFl","computation_key":"big_spenders","namespace":"spa_1","space_id":"spa_1"}},"event":"${event}","integrations":{"All":false},"messageId":"${messageId}","originalTimestamp":"${at}","properties":{"audience_key":"big_spenders","big_spenders":${flag}},"receivedAt":"${at}","sentAt":null,"timestamp":"${at}","type":"track","userId":"segment-ana"}`;
}

const tealium = (action: string, id: string, member: string) =>
  `{"action":"${action}","parameters":{"tealium_project_id":"${ENVIRONMENT}","tealium_cohort_id":"${id}","tealium_cohort_name":"Tealium","members":[{"member_id":"${member}","first_name":"Ana","email":"ana@example.com"}]}}`;

const zeotap = (action: string) =>
  `{"action":"${action}","parameters":{"integration_project_id":"${ENVIRONMENT}","integration_cohort_name":"Segment 1234","integration_cohort_id":"segment-1234","integration_cohort_description":"description","integration_session_id":"integration_session_id","members":[{"email":"user-1234@customer.com","integration_distinct_id":"zeotap-ana","first_name":"John","last_name":"Doe","phone_number":"xxx-xxx-xxxx"}]}}`;

const amplitude = (inCohort: boolean, computedTime: string) =>
  `{\n    "cohort_name": "My Test Cohort",\n    "cohort_id": "7khm89cz",\n    "in_cohort": ${inCohort},\n    "computed_time": "${computedTime}",\n    "message_id": "9baaa88f-9d46-4ee5-a946-be0c6aea0046::${inCohort ? "enter" : "exit"}::0",\n    "users": [\n      {\n         "user_id": "amplitude-ana"\n      }\n    ]\n}`;

const mixpanel = (action: string) =>
  `{"action": "${action}", "parameters": {"mixpanel_project_id": "2195193", "mixpanel_cohort_name": "Power users", "mixpanel_cohort_id": "1234567", "mixpanel_cohort_description": "description", "mixpanel_session_id": "2fa5cd4b-ab1a-4eba-a6ba-12c1bb2cf5c1", "page_info": {"total_pages": 1, "page_count": 1}, "members": [{"email": "ana@example.com", "mixpanel_distinct_id": "mixpanel-ana", "first_name": "Ana", "last_name": "Sol", "phone_number": "555-010-0001"}]}}`;

const mparticle = (action: string, timestampMs: number) =>
  `{"type":"audience_membership_change_request","id":"1317071d-3342-4e1e-a691-84bd7e762bda","timestamp_ms":${timestampMs},"firehose_version":"3.2.0","account":{"account_id":123456,"account_settings":{"apiKey":"e2e-mparticle"}},"user_profiles":[{"user_identities":[{"type":"customer","encoding":"raw","value":"mparticle-ana"}],"audiences":[{"audience_id":456,"audience_name":"Example Audience Name","audience_subscription_settings":{},"action":"${action}"}],"mpid":"12345"}]}`;

const rudderstack = (list: "add" | "remove", at: string) =>
  `{"userId":"user123","type":"audiencelist","properties":{"listData":{"${list}":[{"identifier":"rudder@example.com"}]}},"context":{"ip":"14.5.67.21","library":{"name":"http"}},"timestamp":"${at}"}`;

const hightouch = (action: string) =>
  `{"environmentId":"${ENVIRONMENT}","cohortId":"ht-1","cohortName":"Hightouch","contextKind":"user","action":"${action}","members":[{"integration_distinct_id":"hightouch-ana"}]}`;

const census = (value: boolean) =>
  `{"environment_id":"${ENVIRONMENT}","context_kind":"user","batch":[{"user_id":"census-ana","cohort_id":"census-1","cohort_name":"Census","value":${value}}]}`;

const posthog = (member: boolean, at: string, uuid: string) =>
  `{"event":{"uuid":"${uuid}","event":"trial started","elements_chain":"","distinct_id":"posthog-1","properties":{"$lib":"web","$groups":{"company":"acme"}},"timestamp":"${at}","captured_at":null,"url":"https://us.posthog.com/project/1/events/${uuid}/${encodeURIComponent(at)}"},"person":{"id":"0190a6f2-6f6c-0000-9c8e-000000000001","properties":{"email":"posthog-ana@example.com"},"name":"posthog-ana@example.com","url":"https://us.posthog.com/project/1/person/posthog-1"},"segment":{"id":"42","name":"Trials"},"member":${member}}`;

const own = (action: string, at: string) =>
  `{"audienceOperations":[{"segment":{"id":"own","name":"Own code"},"contextKind":"device","contextKey":"own-ana","action":"${action}","at":"${at}","id":"change-${action}"}]}`;

const mixpanelAnswer = (action: string): Answer => [200, `{"action":"${action}","status":"success"}`];

const MPARTICLES: Answer = [
  200,
  /^{"type":"audience_membership_change_response","id":"1317071d-3342-4e1e-a691-84bd7e762bda","timestamp_ms":\d{13},"firehose_version":"3.2.0","suspend_subscription":false}$/,
];

export const VENDORS: readonly VendorRow[] = [
  {
    name: "segment, by a signed webhook",
    path: "/c/segment",
    headers: { ...JSON_TYPE, "user-agent": "Segment (Actions)" },
    sign: (body) => ({
      "x-signature": createHmac("sha1", "e2e-shared-secret").update(body).digest("hex"),
    }),
    add: engageTrack("Audience Entered", true, "2024-05-06T09:30:22.829Z", "personas_1"),
    remove: engageTrack("Audience Exited", false, "2024-05-06T10:30:22.829Z", "personas_2"),
    answers: OURS,
    saysWhen: true,
    segment: {
      integration: "segment-audiences",
      id: "aud_2g5VilffxpBYqelWk4K0yBzAuFl",
      name: "Big spenders",
      contextKind: "user",
    },
    member: "segment-ana",
  },
  {
    name: "rudderstack, by an audience list",
    path: "/v1/audiencelist",
    headers: { ...JSON_TYPE, authorization: `Basic ${btoa("e2e-rudder-key:")}` },
    add: rudderstack("add", "2026-02-02T00:23:09.544Z"),
    remove: rudderstack("remove", "2026-02-02T01:23:09.544Z"),
    answers: OURS,
    saysWhen: true,
    segment: { integration: "rudderstack", id: "beta", name: "Beta users", contextKind: "user" },
    member: "rudder@example.com",
  },
  {
    name: "tealium, by the URL Override of its LaunchDarkly connector",
    path: "/api/v2/segment-targets/tealium-synced-segments",
    headers: { "content-type": "application/json; charset=UTF-8", authorization: "e2e-tealium" },
    add: tealium("add_member", "tealium-1", "tealium-ana"),
    remove: tealium("remove_member", "tealium-1", "tealium-ana"),
    answers: LAUNCHDARKLYS,
    saysWhen: false,
    segment: {
      integration: "tealium-synced-segments",
      id: "tealium-1",
      name: "Tealium",
      contextKind: "user",
    },
    member: "tealium-ana",
  },
  {
    name: "tealium, by a form of its webhook connector",
    path: "/c/tealium",
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
      authorization: "Bearer e2e-tealium",
    },
    add: form(tealium("add_member", "tealium-2", "tealium-form-ana")),
    remove: form(tealium("remove_member", "tealium-2", "tealium-form-ana")),
    answers: OURS,
    saysWhen: false,
    segment: {
      integration: "tealium-synced-segments",
      id: "tealium-2",
      name: "Tealium",
      contextKind: "user",
    },
    member: "tealium-form-ana",
  },
  {
    name: "zeotap",
    path: "/api/v2/segment-targets/zeotap",
    headers: { ...JSON_TYPE, authorization: "e2e-zeotap" },
    add: zeotap("add_members"),
    remove: zeotap("remove_members"),
    answers: LAUNCHDARKLYS,
    saysWhen: false,
    segment: { integration: "zeotap", id: "segment-1234", name: "Segment 1234", contextKind: "user" },
    member: "zeotap-ana",
  },
  {
    name: "amplitude",
    path: "/c/amplitude",
    headers: { ...JSON_TYPE, "user-agent": "Amplitude/Webhook/1.0", "X-Flagbridge-Token": "e2e-amplitude" },
    add: amplitude(true, "1692206763"),
    remove: amplitude(false, "1692210363"),
    answers: OURS,
    saysWhen: true,
    segment: { integration: "amplitude", id: "7khm89cz", name: "My Test Cohort", contextKind: "user" },
    member: "amplitude-ana",
  },
  {
    name: "mixpanel",
    path: "/c/mixpanel",
    headers: { ...JSON_TYPE, authorization: `Basic ${btoa("e2e-mixpanel:any")}` },
    add: mixpanel("add_members"),
    remove: mixpanel("remove_members"),
    answers: { add: mixpanelAnswer("add_members"), remove: mixpanelAnswer("remove_members") },
    saysWhen: false,
    segment: { integration: "fulcrum", id: "1234567", name: "Power users", contextKind: "account" },
    member: "mixpanel-ana",
  },
  {
    name: "mparticle",
    path: "/c/mparticle",
    headers: JSON_TYPE,
    add: mparticle("add", 1714592744065),
    remove: mparticle("delete", 1714596344065),
    answers: { add: MPARTICLES, remove: MPARTICLES },
    saysWhen: true,
    segment: {
      integration: "segment-audiences",
      id: "456",
      name: "Example Audience Name",
      contextKind: "user",
    },
    member: "mparticle-ana",
  },
  {
    name: "posthog, by the webhook step of a workflow",
    path: "/c/posthog",
    headers: { ...JSON_TYPE, accept: "application/json", "X-Flagbridge-Token": "e2e-posthog" },
    add: posthog(true, "2026-05-03T11:58:00.123Z", "0190a6f2-6f6c-7000-9c8e-3f1d3c5b7a10"),
    remove: posthog(false, "2026-05-03T11:59:00.123Z", "0190a6f2-6f6c-7000-9c8e-3f1d3c5b7a11"),
    answers: OURS,
    saysWhen: true,
    segment: { integration: "segment-audiences", id: "42", name: "Trials", contextKind: "account" },
    member: "posthog-ana@example.com",
  },
  {
    name: "hightouch, by the body of its LaunchDarkly destination",
    path: "/api/v2/segment-targets/hightouch",
    headers: { ...JSON_TYPE, authorization: "e2e-own" },
    add: hightouch("add"),
    remove: hightouch("remove"),
    answers: LAUNCHDARKLYS,
    saysWhen: false,
    segment: { integration: "segment-audiences", id: "ht-1", name: "Hightouch", contextKind: "user" },
    member: "hightouch-ana",
  },
  {
    name: "census, by the body of its LaunchDarkly destination",
    path: "/api/v2/segment-targets/census-synced-segments",
    headers: { ...JSON_TYPE, authorization: "e2e-own" },
    add: census(true),
    remove: census(false),
    answers: LAUNCHDARKLYS,
    saysWhen: false,
    segment: { integration: "segment-audiences", id: "census-1", name: "Census", contextKind: "user" },
    member: "census-ana",
  },
  {
    name: "your own code",
    path: "/c/own",
    headers: { ...JSON_TYPE, authorization: "Bearer e2e-own" },
    add: own("add", "2024-05-03T11:59:00.000Z"),
    remove: own("remove", "2024-05-03T12:59:00.000Z"),
    answers: OURS,
    saysWhen: true,
    segment: { integration: "segment-audiences", id: "own", name: "Own code", contextKind: "device" },
    member: "own-ana",
  },
];
