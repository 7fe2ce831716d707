import { link } from "./api-door.ts";
import { ACCOUNT_ID, APP, actorOf, escaped, type Member, parentOf, tagsOf, titleOf } from "./entry-parts.ts";
import type { SandboxEntry, SandboxFlag } from "./flag-store.ts";
import { flagView } from "./flag-view.ts";

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

/**
 * The entry of the audit log for a flag that was turned on or off, as a webhook brings it: with the versions before and
 * after, links, and markdown whose punctuation is escaped.
 * https://github.com/launchdarkly/api-client-typescript/blob/main/docs/AuditLogEntryRep.md
 */
export function flagEntry(change: FlagChange): SandboxEntry {
  const { id, before, after, environment, atMs, comment, member, withRules } = change;
  const { project, key, name, tags } = after;
  const resource = `proj/${project}:env/${environment}:flag/${key}${tagsOf(tags)}`;
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
    parent: parentOf({ project, environment }),
    previousVersion: flagView(before),
    currentVersion: flagView(after),
  };
}
