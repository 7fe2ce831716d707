import * as z from "zod";
import { describeProblems } from "../../lib/connections/problems.ts";
import { isObject, readJson } from "../../lib/json.ts";
import { refusal, type SandboxAnswer, type SandboxRoute } from "./route.ts";

/**
 * What an access token may do. The first four are LaunchDarkly's own actions, and `viewProject` is all that is read within a project;
 * the others are rights of reading for which LaunchDarkly has no action: they come with every built-in role, and an inline policy may take them.
 * https://launchdarkly.com/docs/home/account/role-actions
 */
export const RIGHTS = [
  "createSegment",
  "deleteSegment",
  "updateIncluded",
  "importEventData",
  "viewProject",
  "readAuditLog",
  "readWebhooks",
  "readTokens",
  "readPersistentStores",
] as const;
export type Right = (typeof RIGHTS)[number];

/** Scopes of PostHog's personal API keys. https://posthog.com/docs/api#how-to-authenticate-with-the-posthog-api */
export const SCOPES = ["annotation:read", "annotation:write", "project:read"] as const;
export type Scope = (typeof SCOPES)[number];

/** Newest first. https://launchdarkly.com/docs/api#versioning */
export const API_VERSIONS = [20240415, 20220603, 20210729, 20191212, 20160426] as const;

const TOKENS = ["service", "personal"] as const;
const WEBHOOKS = ["signed", "unsigned", "off"] as const;

const place = z.string().regex(/^[\w.-]+\/[\w.-]+$/, "expected project/environment");
const accountSettings = z.strictObject({
  deniedRights: z.array(z.enum(RIGHTS)),
  deniedScopes: z.array(z.enum(SCOPES)),
  segmentApprovals: z.array(place),
  persistentStores: z.array(place),
  token: z.enum(TOKENS, "expected service or personal"),
  tokenApiVersion: z.literal(API_VERSIONS),
  webhooks: z.enum(WEBHOOKS, "expected signed, unsigned or off"),
});

/** What in LaunchDarkly's and PostHog's accounts an administrator has set, and a check of the keys finds out. */
export type AccountSettings = {
  /** Whether access tokens lack this right. */
  readonly isDenied: (right: Right) => boolean;
  /** Whether personal API keys lack this scope. */
  readonly isScopeDenied: (scope: Scope) => boolean;
  /** Whether changes of segments want an approval in this environment. */
  readonly wantsApproval: (project: string, environment: string) => boolean;
  /** The environments with a persistent store, which server-side SDKs need for big and synced segments. */
  readonly persistentStores: () => readonly { readonly project: string; readonly environment: string }[];
  /** Whose the access tokens are. */
  readonly token: () => (typeof TOKENS)[number];
  /** The version of the API that a request without `LD-API-Version` gets. */
  readonly tokenApiVersion: () => (typeof API_VERSIONS)[number];
  readonly webhooks: () => (typeof WEBHOOKS)[number];
  readonly routes: readonly SandboxRoute[];
};

/** What {@link AccountSettings} are made from; `POST` sets any of its members. */
type Settings = z.output<typeof accountSettings>;

/**
 * Accounts in which nothing stands in the way, with a persistent store in each of these environments, and the route that changes them:
 * `POST` sets the members that it has, `DELETE` takes all back. They are kept in memory alone.
 */
export function createAccountSettings(
  environments: readonly { readonly project: string; readonly environment: string }[] = [],
): AccountSettings {
  const initial: Settings = {
    deniedRights: [],
    deniedScopes: [],
    segmentApprovals: [],
    persistentStores: environments.map(({ project, environment }) => `${project}/${environment}`),
    token: "service",
    tokenApiVersion: API_VERSIONS[0],
    webhooks: "signed",
  };
  let now = initial;
  const shown = (): SandboxAnswer => ({ kind: "json", status: 200, body: now });
  const path = "/sandbox/launchdarkly/account";
  return {
    isDenied: (right) => now.deniedRights.includes(right),
    isScopeDenied: (scope) => now.deniedScopes.includes(scope),
    wantsApproval: (project, environment) => now.segmentApprovals.includes(`${project}/${environment}`),
    persistentStores: () =>
      now.persistentStores.map((one) => {
        const [project = "", environment = ""] = one.split("/");
        return { project, environment };
      }),
    token: () => now.token,
    tokenApiVersion: () => now.tokenApiVersion,
    webhooks: () => now.webhooks,
    routes: [
      { method: "GET", path, answer: shown },
      {
        method: "POST",
        path,
        answer: ({ body }) => {
          const given = readJson(body);
          if (!isObject(given)) return refusal(400, "invalid_request", "expected a JSON object");
          const value = { ...now, ...given };
          const parsed = accountSettings.safeParse(value);
          if (!parsed.success)
            return refusal(400, "invalid_request", describeProblems(parsed.error, value).join("; "));
          now = parsed.data;
          return shown();
        },
      },
      {
        method: "DELETE",
        path,
        answer: () => {
          now = initial;
          return shown();
        },
      },
    ],
  };
}
