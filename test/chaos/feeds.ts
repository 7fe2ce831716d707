import { createHash } from "node:crypto";
import { stringify } from "yaml";

/** Where the run's operations and events come in: one connection each, with its own form of request. */
export type FeedName = "engage" | "own-synced" | "own-big" | "own-list";

type Feed = {
  readonly name: FeedName;
  readonly writer: "synced" | "big" | "list";
  /** How its requests look: calls of a Segment SDK, or Flagbridge's own format. */
  readonly form: "calls" | "own";
  /** Of all segments of a run, in fortieths. */
  readonly share: number;
};

export const FEEDS: readonly [Feed, ...Feed[]] = [
  { name: "engage", writer: "synced", form: "calls", share: 8 },
  { name: "own-synced", writer: "synced", form: "own", share: 8 },
  { name: "own-big", writer: "big", form: "own", share: 12 },
  { name: "own-list", writer: "list", form: "own", share: 12 },
];

/** Where LaunchDarkly's webhooks come in. */
export const FLAG_CONNECTION = "flag-changes";

export const ENVIRONMENT_ID = "chaos-environment";

/** The texts that no log may show: no other text holds them. */
export type Secrets = {
  readonly accessToken: (rotation: number) => string;
  readonly feed: (name: FeedName) => string;
  readonly signing: string;
  readonly posthog: string;
  /** What every one of them, and every member's key, begins with. */
  readonly mark: string;
};

export function secretsOf(seed: number): Secrets {
  const mark = `mark${createHash("sha256").update(String(seed)).digest("hex").slice(0, 8)}`;
  return {
    mark,
    accessToken: (rotation) => `${mark}-access-token-${rotation}`,
    feed: (name) => `${mark}-key-of-${name}`,
    signing: `${mark}-signing-secret`,
    posthog: `phc_${mark}`,
  };
}

/** The secrets file of the stack, after that many rotations of LaunchDarkly's token. */
export function secretsFile(secrets: Secrets, rotation: number): string {
  return JSON.stringify({
    launchdarkly: { accessToken: secrets.accessToken(rotation) },
    posthog: { projectApiKey: secrets.posthog },
    webhook: { signingSecrets: [secrets.signing] },
    ...Object.fromEntries(
      FEEDS.map(({ name, form }) => [
        name,
        form === "calls" ? { writeKeys: [secrets.feed(name)] } : { tokens: [secrets.feed(name)] },
      ]),
    ),
  });
}

const sandbox = "http://localhost:3000/sandbox";
const instance = { api: `${sandbox}/launchdarkly`, events: `${sandbox}/launchdarkly` };

export function connectionsFile(): string {
  const metrics: Partial<Record<FeedName, object>> = {
    engage: { to: ["staging"], route: "import" },
    "own-synced": { to: ["staging"], route: "client-side" },
  };
  return stringify({
    launchdarkly: {
      staging: {
        clientSideId: ENVIRONMENT_ID,
        instance,
        project: "chaos",
        environment: "staging",
        secret: "launchdarkly",
      },
    },
    posthog: { main: { host: `${sandbox}/posthog`, secret: "posthog" } },
    connections: {
      [FLAG_CONNECTION]: {
        source: "launchdarkly",
        secret: "webhook",
        posthog: { to: ["main"], only: { kinds: ["flag"] } },
        sweep: { using: "staging", every: "5s", overlap: "10m" },
      },
      ...Object.fromEntries(
        FEEDS.map(({ name, form, writer }) => [
          name,
          {
            source: form === "calls" ? "segment" : "flagbridge",
            secret: name,
            audiences: { to: ["staging"], writer },
            ...(metrics[name] && { metrics: metrics[name] }),
          },
        ]),
      ),
    },
  });
}
