import * as z from "zod";
import { describeProblems } from "../../lib/connections/problems.ts";
import { readJson } from "../../lib/json.ts";
import { idAt } from "./entry-parts.ts";
import { flagEntry } from "./flag-entry.ts";
import type { FlagStore, SandboxFlag } from "./flag-store.ts";
import { refusal, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";
import type { Webhooks } from "./webhooks.ts";

export type FlagsSandboxConfig = {
  readonly flags: FlagStore;
  readonly webhooks: Pick<Webhooks, "deliver" | "targets">;
  /** Environments that a new flag has, by project key, and the project and environment of a toggle that names none. */
  readonly environments: readonly { readonly project: string; readonly environment: string }[];
  readonly now: () => number;
};

const key = z.string().regex(/^[\w.-]+$/, "expected a key: letters, digits, '_', '.' and '-'");
const toggleBody = z.strictObject({
  project: key.optional(),
  environment: key.optional(),
  /** Without it the flag is turned over. */
  on: z.boolean().optional(),
  name: z.string().min(1).optional(),
  tags: z.array(key).optional(),
  comment: z.string().optional(),
  member: z
    .strictObject({ email: z.string(), firstName: z.string().optional(), lastName: z.string().optional() })
    .nullable()
    .default({ email: "ana@example.com", firstName: "Ana", lastName: "Sandbox" }),
  withRules: z.boolean().default(false),
  date: z.int().optional(),
  webhook: z.boolean().default(true),
});
type Toggle = z.output<typeof toggleBody>;

/** `POST /sandbox/launchdarkly/flags/{key}/toggle`: what a person does in LaunchDarkly, and all that follows from it. */
export function flagRoutes(config: FlagsSandboxConfig): readonly SandboxRoute[] {
  return [
    {
      method: "POST",
      path: "/sandbox/launchdarkly/flags/{key}/toggle",
      answer: (request) => toggle(request, config),
    },
  ];
}

function toggle({ parameters, query, body }: SandboxRequest, config: FlagsSandboxConfig): SandboxAnswer {
  const value = body.trim() === "" ? {} : readJson(body);
  const parsed = toggleBody.safeParse(value);
  if (!parsed.success)
    return refusal(400, "invalid_request", describeProblems(parsed.error, value).join("; "));
  const flagKey = key.safeParse(parameters.key);
  if (!flagKey.success) return refusal(400, "invalid_request", "expected a flag key in the path");
  const order = parsed.data;
  const [first = { project: "default", environment: "production" }] = config.environments;
  const project = order.project ?? first.project;
  const environment = order.environment ?? first.environment;
  const atMs = order.date ?? config.now();
  const before = {
    ...(config.flags.flag(project, flagKey.data) ?? newFlag(project, flagKey.data, atMs, config)),
    ...(order.name !== undefined && { name: order.name }),
    ...(order.tags !== undefined && { tags: order.tags }),
  };
  const after = turned(before, environment, order, atMs);
  const { comment, member, withRules } = order;
  const id = idAt(atMs);
  const entry = flagEntry({ id, before, after, environment, atMs, comment, member, withRules });
  config.flags.change(after, entry);
  const webhooks = order.webhook ? config.webhooks.targets() : [];
  if (order.webhook) config.webhooks.deliver(entry);
  if (query.get("full") === "true") return { kind: "json", status: 200, body: entry };
  const summary = {
    _id: id,
    flag: flagKey.data,
    project,
    environment,
    on: after.environments[environment]?.on,
    date: atMs,
    /** Whom a webhook tells; without one the sweeper finds the entry. */
    webhooks: webhooks.map(({ url }) => new URL(url).pathname),
  };
  return { kind: "json", status: 200, body: summary };
}

function newFlag(
  project: string,
  flagKey: string,
  atMs: number,
  { environments }: FlagsSandboxConfig,
): SandboxFlag {
  const off = { on: false, version: 1, changedAt: atMs };
  const own = environments.filter((one) => one.project === project).map(({ environment }) => environment);
  return {
    project,
    key: flagKey,
    name: flagKey,
    tags: [],
    version: 1,
    createdAt: atMs,
    environments: Object.fromEntries(own.map((environment) => [environment, off])),
  };
}

function turned(flag: SandboxFlag, environment: string, { on }: Toggle, changedAt: number): SandboxFlag {
  const settings = flag.environments[environment] ?? { on: false, version: 0 };
  const next = { on: on ?? !settings.on, version: settings.version + 1, changedAt };
  return {
    ...flag,
    version: flag.version + 1,
    environments: { ...flag.environments, [environment]: next },
  };
}
