import * as z from "zod";
import { launchdarklySecret } from "../../lib/connections/destination-secrets.ts";
import type { Connections, LaunchDarklyEnvironment } from "../../lib/connections/schema.ts";
import { limitOf, type RateLimits } from "../../lib/http/rate-limit.ts";
import type { HttpSession } from "../../lib/http/session.ts";
import { readJson } from "../../lib/json.ts";
import { type Client, openClient } from "../../lib/launchdarkly/client.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import { type Answer, type Ask, askerOf, askingOnce } from "./ask.ts";
import type { Secrets } from "./secrets.ts";

/** An environment of `launchdarkly`, and the way to ask LaunchDarkly about it with its own token. */
export type EnvironmentToAsk = {
  readonly name: string;
  /** As lines have it: `launchdarkly.production`. */
  readonly subject: string;
  readonly settings: LaunchDarklyEnvironment;
  /** Undefined when its secret has no token. */
  readonly asked: AskedEnvironment | undefined;
};

export type AskedEnvironment = {
  readonly client: Client;
  readonly ask: Ask;
  /** For what does not change while the doctor runs. */
  readonly askOnce: Ask;
  readonly token: string;
  /** Where it is, found once. */
  readonly place: () => Promise<Place>;
};

/** What LaunchDarkly says of an environment. */
export type EnvironmentView = z.output<typeof environmentAnswer>;

export type Place =
  | {
      readonly kind: "found";
      readonly project: string;
      readonly environment: string;
      readonly view: EnvironmentView;
    }
  /** The keys of connections.yml lead nowhere, or without keys: no environment that the token sees has this client-side ID. */
  | { readonly kind: "nowhere"; readonly seen: number }
  /** It could not be asked. */
  | { readonly kind: "unknown"; readonly answer: Answer };

export type EnvironmentPorts = {
  readonly http: Pick<HttpSession, "send">;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Shared by all environments: LaunchDarkly counts by account, route and token. */
  readonly limits: RateLimits;
  readonly version: string;
};

const TIMEOUT_MS = 15_000;

const approvals = z.object({
  required: z.boolean(),
  requiredApprovalTags: z.array(z.string()).nullish(),
  minNumApprovals: z.number().nullish(),
});

/** https://launchdarkly.com/docs/api/environments/get-environment. Its `_id` is the client-side ID. */
const environmentAnswer = z.object({
  _id: z.string(),
  key: z.string(),
  resourceApprovalSettings: z.record(z.string(), approvals).nullish(),
});

const projectsAnswer = z.object({
  items: z.array(
    z.object({ key: z.string(), environments: z.object({ items: z.array(environmentAnswer) }).nullish() }),
  ),
});

export function environmentsToAsk(
  { launchdarkly }: Connections,
  secrets: Secrets,
  ports: EnvironmentPorts,
): readonly EnvironmentToAsk[] {
  return Object.entries(launchdarkly).map(([name, settings]) => {
    const token = tokenOf(secrets, settings.secret);
    const asked = token === undefined ? undefined : askedEnvironment(settings, token, ports);
    return { name, subject: `launchdarkly.${name}`, settings, asked };
  });
}

function tokenOf(secrets: Secrets, name: string): string | undefined {
  const stored = secrets.get(name);
  if (stored?.kind !== "text") return undefined;
  return launchdarklySecret.safeParse(readJson(stored.text)).data?.accessToken;
}

function askedEnvironment(
  settings: LaunchDarklyEnvironment,
  token: string,
  ports: EnvironmentPorts,
): AskedEnvironment {
  const { api } = urlsOf(settings.instance);
  const client = openClient(
    { api, timeoutMs: TIMEOUT_MS, userAgent: `Flagbridge/${ports.version}` },
    {
      http: ports.http,
      now: ports.now,
      accessToken: async () => token,
      limit: limitOf(ports.limits, { account: api, secret: settings.secret }),
    },
  );
  const ask = askerOf(client, ports);
  let place: Promise<Place> | undefined;
  return {
    client,
    ask,
    askOnce: askingOnce(ask),
    token,
    place: () => {
      place ??= findPlace(settings, ask);
      return place;
    },
  };
}

const PROJECTS = "/api/v2/projects";
const PAGE = 20;
const MOST_PAGES = 50;

async function findPlace(
  { project, environment, clientSideId }: LaunchDarklyEnvironment,
  ask: Ask,
): Promise<Place> {
  if (project === undefined || environment === undefined) return searchPlace(clientSideId, ask);
  const path = `${PROJECTS}/${encodeURIComponent(project)}/environments/${encodeURIComponent(environment)}`;
  const answer = await ask({
    method: "GET",
    path,
    route: `${PROJECTS}/{project}/environments/{environment}`,
  });
  if (answer.kind === "missing") return { kind: "nowhere", seen: 0 };
  if (answer.kind !== "taken") return { kind: "unknown", answer };
  const { data } = environmentAnswer.safeParse(answer.json);
  return data ? { kind: "found", project, environment, view: data } : { kind: "unknown", answer: UNREADABLE };
}

/** There is no search by client-side ID: every environment that the token sees is looked at. */
async function searchPlace(clientSideId: string, ask: Ask): Promise<Place> {
  let seen = 0;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await ask({
      method: "GET",
      path: `${PROJECTS}?expand=environments&limit=${PAGE}&offset=${page * PAGE}`,
      route: PROJECTS,
      maxAnswerBytes: MAX_PAGE_BYTES,
    });
    if (answer.kind !== "taken") return { kind: "unknown", answer };
    const { data } = projectsAnswer.safeParse(answer.json);
    if (!data) return { kind: "unknown", answer: UNREADABLE };
    for (const { key, environments } of data.items)
      for (const view of environments?.items ?? []) {
        seen += 1;
        if (view._id === clientSideId) return { kind: "found", project: key, environment: view.key, view };
      }
    if (data.items.length < PAGE) break;
  }
  return { kind: "nowhere", seen };
}

const MAX_PAGE_BYTES = 8 * 1_024 * 1_024;
const UNREADABLE: Answer = { kind: "unreachable", why: "its answer is not as documented" };
