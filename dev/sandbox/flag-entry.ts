import type { SandboxEntry, SandboxFlag } from "./flag-store.ts";

export type Member = {
  readonly email: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
};

export type FlagChange = {
  readonly id: string;
  readonly before: SandboxFlag;
  readonly after: SandboxFlag;
  readonly environment: string;
  readonly atMs: number;
  readonly comment?: string | undefined;
  /** Null for a change by an access token. */
  readonly member: Member | null;
  /** Whether the rules were edited in the same go: LaunchDarkly then says "updated the flag", whatever else happened. */
  readonly withRules: boolean;
};

const APP = "https://app.launchdarkly.com";
const ACCOUNT_ID = "5f0000000000000000000001";
const MEMBER_ID = "5f0000000000000000000002";
const TOKEN_ID = "5f0000000000000000000003";

/**
 * The entry of the audit log for a flag that was turned on or off, as a webhook brings it: with the versions before and
 * after, links, and markdown whose punctuation is escaped.
 * https://github.com/launchdarkly/api-client-typescript/blob/main/docs/AuditLogEntryRep.md
 */
export function flagEntry(change: FlagChange): SandboxEntry {
  const { id, before, after, environment, atMs, comment, member, withRules } = change;
  const { project, key, name, tags } = after;
  const resource = `proj/${project}:env/${environment}:flag/${key}${tags.map((tag, index) => (index === 0 ? ";" : ",") + tag).join("")}`;
  const isOn = after.environments[environment]?.on === true;
  const titleVerb = withRules ? "updated the flag" : `turned ${isOn ? "on" : "off"} the flag`;
  const site = `/${project}/${environment}/features/${key}`;
  const canonical = link(`/api/v2/flags/${project}/${key}`);
  const actor = actorOf(member);
  return {
    _links: {
      canonical,
      parent: link("/api/v2/auditlog"),
      self: link(`/api/v2/auditlog/${id}`),
      site: { href: site, type: "text/html" },
    },
    _id: id,
    _accountId: ACCOUNT_ID,
    date: atMs,
    accesses: [{ action: "updateOn", resource }, ...(withRules ? [{ action: "updateRules", resource }] : [])],
    kind: "flag",
    name,
    description: withRules ? `* Turned ${isOn ? "on" : "off"} the flag\n\n* Added a rule\n` : "",
    shortDescription: "",
    ...(comment !== undefined && { comment }),
    ...actor.fields,
    titleVerb,
    title: `${actor.title} ${titleVerb} [${escaped(name)}](${APP}${site}) in \`${titleOf(environment)}\``,
    target: { _links: { canonical, site: { href: site, type: "text/html" } }, name, resources: [resource] },
    parent: {
      _links: { canonical: link(`/api/v2/projects/${project}/environments/${environment}`) },
      name: titleOf(environment),
      resource: `proj/${project}:env/${environment}`,
    },
    previousVersion: versionOf(before),
    currentVersion: versionOf(after),
  };
}

function actorOf(member: Member | null) {
  if (!member) {
    const self = link(`/api/v2/tokens/${TOKEN_ID}`);
    const token = {
      _links: { self },
      _id: TOKEN_ID,
      name: "Sandbox token",
      ending: "0123",
      serviceToken: true,
    };
    return { title: "Sandbox token", fields: { subject: { _links: { self }, name: token.name }, token } };
  }
  const { email, firstName = "", lastName = "" } = member;
  const shown = `${firstName} ${lastName}`.trim() || email;
  const links = { parent: link("/api/v2/members"), self: link(`/api/v2/members/${MEMBER_ID}`) };
  return {
    title: `[${escaped(shown)}](mailto:${email})`,
    fields: {
      subject: { _links: links, name: shown },
      member: { _links: links, _id: MEMBER_ID, email, firstName, lastName },
    },
  };
}

/** The flag in LaunchDarkly's own representation, with the maintainer's address in it: there is always one. */
function versionOf({ key, name, tags, version, createdAt, environments }: SandboxFlag) {
  return {
    name,
    kind: "boolean",
    description: "",
    key,
    _version: version,
    creationDate: createdAt,
    includeInSnippet: false,
    clientSideAvailability: { usingMobileKey: false, usingEnvironmentId: false },
    variations: [
      { _id: "a0000000-0000-4000-8000-000000000001", value: true },
      { _id: "a0000000-0000-4000-8000-000000000002", value: false },
    ],
    temporary: true,
    tags,
    _links: { self: link(`/api/v2/flags/${key}`) },
    maintainerId: MEMBER_ID,
    _maintainer: { _id: MEMBER_ID, email: "maintainer@example.com", role: "writer" },
    archived: false,
    defaults: { onVariation: 0, offVariation: 1 },
    environments: Object.fromEntries(
      Object.entries(environments).map(([environment, { on, version: edits, changedAt }]) => [
        environment,
        {
          on,
          archived: false,
          salt: "0123456789abcdef",
          sel: "fedcba9876543210",
          lastModified: changedAt,
          version: edits,
          targets: [],
          contextTargets: [],
          rules: [],
          fallthrough: { variation: 0 },
          offVariation: 1,
          prerequisites: [],
          trackEvents: false,
          _environmentName: titleOf(environment),
        },
      ]),
    ),
  };
}

function link(href: string) {
  return { href, type: "application/json" };
}

/** LaunchDarkly puts a backslash before punctuation that markdown would take for its own. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+\-.!]/g, "\\$&");
}

/** The name of an environment, which connections.yml has not: its key as a title. */
function titleOf(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1);
}
