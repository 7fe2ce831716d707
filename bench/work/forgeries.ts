const WHSEC = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const to = ["production"];

export const CONNECTIONS = {
  launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
  posthog: { main: { host: "https://eu.i.posthog.com", secret: "posthog" } },
  connections: {
    engage: { source: "segment", secret: "engage", audiences: { to } },
    tokens: { source: "segment", secret: "tokens", audiences: { to } },
    own: { source: "flagbridge", secret: "own", audiences: { to } },
    changes: { source: "launchdarkly", secret: "changes", posthog: { to: ["main"] } },
    mparticle: { source: "mparticle", secret: "mparticle", audiences: { to } },
  },
};

/** Two keys of each kind, as in the middle of a rotation: the most that has to be compared. */
export const SECRETS = {
  launchdarkly: { accessToken: "token" },
  posthog: { projectApiKey: "phc_bench" },
  engage: { writeKeys: ["write-1", "write-2"], signingSecrets: ["shared-1", "shared-2"] },
  tokens: { tokens: ["token-1", "token-2"] },
  own: { tokens: ["token-3", "token-4"], signingSecrets: [WHSEC, WHSEC] },
  changes: { signingSecrets: ["webhook-1", "webhook-2"] },
  mparticle: { tokens: ["token-5", "token-6"] },
};

/** What a stranger sends, and the answer. Its headers look right as far as that can be seen without a look at the body. */
export type Forgery = {
  readonly path: string;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly status: 401 | 404;
};

export const FORGERIES: Readonly<Record<string, Forgery>> = {
  "no key, /v1": { path: "/v1/batch", headers: () => ({}), status: 401 },
  "no key, /c with tokens": { path: "/c/tokens", headers: () => ({}), status: 401 },
  "no key, /c with write keys": { path: "/c/engage", headers: () => ({}), status: 401 },
  "no key, /c of mParticle": { path: "/c/mparticle", headers: () => ({}), status: 401 },
  "no key, /api": {
    path: "/api/v2/segment-targets/census-synced-segments",
    headers: () => ({}),
    status: 401,
  },
  "wrong Basic, /v1": basic("/v1/batch"),
  "wrong Basic, /c": basic("/c/engage"),
  "wrong token, /v1": token("/v1/batch"),
  "wrong token, /c": token("/c/tokens"),
  "a signature of another form": {
    path: "/c/engage",
    headers: () => ({ "x-signature": "other" }),
    status: 401,
  },
  "wrong X-Signature": { path: "/c/engage", headers: () => ({ "x-signature": "0".repeat(40) }), status: 401 },
  "wrong X-Segment-Signature": {
    path: "/c/engage",
    headers: () => ({ "x-segment-signature": "0".repeat(40) }),
    status: 401,
  },
  "wrong X-LD-Signature": {
    path: "/c/changes",
    headers: () => ({ "x-ld-signature": "0".repeat(64) }),
    status: 401,
  },
  "wrong webhook-signature": {
    path: "/c/own",
    headers: () => ({
      "webhook-id": "m",
      "webhook-timestamp": String(Math.floor(Date.now() / 1_000)),
      "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}`,
    }),
    status: 401,
  },
};

function basic(path: string): Forgery {
  return { path, headers: () => ({ authorization: `Basic ${btoa("other:")}` }), status: 401 };
}

function token(path: string): Forgery {
  return { path, headers: () => ({ authorization: "Bearer other" }), status: 401 };
}
