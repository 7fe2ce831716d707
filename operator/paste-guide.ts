import type { Connection, SourceName } from "../lib/connections/schema.ts";
import type { ListedConnection } from "./list-connections.ts";

/** One way to set a vendor up: where in its product, and what goes into which of its fields. docs/sources has a page for each. */
export type Way = {
  readonly where: string;
  readonly fields: readonly { readonly field: string; readonly value: string }[];
};

export type PasteGuide = {
  readonly connection: string;
  readonly source: SourceName;
  readonly url: string;
  readonly ways: readonly Way[];
  readonly page: string;
};

/** What to paste where, in the vendor's own words. Secrets are named and never shown. */
export function pasteGuide(
  { name, url }: Pick<ListedConnection, "name" | "url">,
  connection: Connection,
  baseUrl: string,
): PasteGuide {
  const { source, secret, header } = connection;
  const given: Given = { base: baseUrl, url, secret, header };
  return { connection: name, source, url, ways: WAYS[source](given), page: `docs/sources/${source}.md` };
}

type Given = {
  readonly base: string;
  readonly url: string;
  readonly secret: string;
  /** The header whose value is a token, where the connection says one. */
  readonly header: string | undefined;
};

const token = ({ secret }: Given): string => `a token of the secret ${secret}`;
const writeKey = ({ secret }: Given): string => `a write key of the secret ${secret}`;
/** The header that carries the token, and its value. */
const tokenHeader = (given: Given): { readonly field: string; readonly value: string } =>
  given.header === undefined
    ? { field: "Headers", value: `Authorization: Bearer <${token(given)}>` }
    : { field: "Headers", value: `${given.header}: <${token(given)}>` };

const WAYS: Readonly<Record<SourceName, (given: Given) => readonly Way[]>> = {
  segment: (given) => [
    {
      where: "Segment: Connections → Destinations → Webhooks (Actions)",
      fields: [
        { field: "URL", value: given.url },
        { field: "Shared Secret", value: `a signing secret of the secret ${given.secret}` },
        tokenHeader(given),
        { field: "Trigger", value: 'type = "identify" or type = "track"' },
      ],
    },
    {
      where: "An SDK of Segment",
      fields: [
        { field: "host", value: given.base },
        { field: "writeKey", value: writeKey(given) },
      ],
    },
  ],
  rudderstack: (given) => [
    {
      where: "RudderStack: Destinations → Webhook",
      fields: [
        { field: "Webhook URL", value: given.url },
        { field: "URL Method", value: "POST" },
        tokenHeader(given),
      ],
    },
    {
      where: "An SDK of RudderStack",
      fields: [
        { field: "dataPlaneUrl", value: given.base },
        { field: "writeKey", value: writeKey(given) },
      ],
    },
  ],
  tealium: (given) => [
    {
      where: "Tealium: the LaunchDarkly Audience Cohorting connector",
      fields: [
        { field: "URL Override", value: `${given.base}/api/v2/segment-targets/tealium-synced-segments` },
        { field: "Access Token", value: token(given) },
      ],
    },
    {
      where: "Tealium: Webhook, action Send Customized Data via HTTP Request",
      fields: [{ field: "URL", value: given.url }, { field: "Method", value: "POST" }, tokenHeader(given)],
    },
  ],
  zeotap: (given) => [
    {
      where: "Zeotap: the LaunchDarkly (Real Time) destination, which Zeotap has to point here",
      fields: [
        { field: "URL", value: `${given.base}/api/v2/segment-targets/zeotap` },
        { field: "Access Token", value: token(given) },
      ],
    },
    {
      where: "Zeotap: a webhook destination",
      fields: [{ field: "URL", value: given.url }, tokenHeader(given)],
    },
  ],
  amplitude: (given) => [
    {
      where: "Amplitude: Data → Catalog → Destinations → Cohorts → Webhook",
      fields: [{ field: "Webhook URL", value: given.url }, tokenHeader(given)],
    },
  ],
  mixpanel: (given) => [
    {
      where: "Mixpanel: Data → Destinations → Add Destination → Webhook → Connect",
      fields: [
        { field: "Webhook URL", value: given.url },
        { field: "Basic Authentication", value: `on; user name ${writeKey(given)}, any password` },
      ],
    },
  ],
  mparticle: (given) => [
    {
      where: "mParticle: the endpoint of your output, for registration and audiences",
      fields: [
        { field: "Endpoint", value: given.url },
        { field: "API Key", value: token(given) },
      ],
    },
  ],
  posthog: (given) => [
    {
      where: "PostHog: Data pipelines → Destinations → New → HTTP Webhook",
      fields: [
        { field: "Webhook URL", value: given.url },
        { field: "Method", value: "POST" },
        { field: "JSON Body", value: '{"event": "{event}", "person": "{person}"}' },
        tokenHeader(given),
      ],
    },
    {
      where: "PostHog: Workflows → a step HTTP Webhook, for a segment",
      fields: [
        { field: "Webhook URL", value: given.url },
        {
          field: "JSON Body",
          value:
            '{"event": "{event}", "person": "{person}", "segment": {"id": "…", "name": "…"}, "member": true}',
        },
        tokenHeader(given),
      ],
    },
  ],
  launchdarkly: (given) => [
    {
      where: "LaunchDarkly: Organization settings → Integrations → Webhooks → Add",
      fields: [
        { field: "URL", value: given.url },
        {
          field: "Sign this webhook",
          value: `on; the secret that it shows goes into signingSecrets of the secret ${given.secret}`,
        },
        {
          field: "Policy",
          value: '[{"effect":"allow","resources":["proj/*:env/*:flag/*"],"actions":["*"]}]',
        },
      ],
    },
  ],
  flagbridge: (given) => [
    {
      where: "Your own code",
      fields: [{ field: "POST", value: given.url }, tokenHeader(given)],
    },
  ],
};
