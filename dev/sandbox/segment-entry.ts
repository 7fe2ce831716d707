import { link } from "./api-door.ts";
import { ACCOUNT_ID, APP, actorOf, escaped, parentOf, tagsOf, titleOf } from "./entry-parts.ts";
import type { SandboxEntry } from "./flag-store.ts";
import type { PublicSegment } from "./public-segments.ts";
import type { SegmentChange } from "./segment-changes.ts";
import { type Place, segmentView } from "./segment-view.ts";

/**
 * The entry of the audit log for a change of a segment, by an access token. Its versions have no targets: a log with those
 * of every change would fill the memory, and members' keys belong in the segment alone.
 * https://launchdarkly.com/docs/api/audit-log
 */
export function segmentEntry(
  change: SegmentChange,
  { id, atMs, place }: { readonly id: string; readonly atMs: number; readonly place: Place },
): SandboxEntry {
  const { project, environment } = place;
  const { key, name, tags } = segmentOf(change);
  const resource = `proj/${project}:env/${environment}:segment/${key}${tagsOf(tags)}`;
  const site = `/${project}/${environment}/segments/${key}`;
  const canonical = link(`/api/v2/segments/${project}/${environment}/${key}`);
  const titleVerb = VERBS[change.action];
  const actor = actorOf(null);
  const links = { canonical, site: link(site, "text/html") };
  return {
    _links: { ...links, parent: link("/api/v2/auditlog"), self: link(`/api/v2/auditlog/${id}`) },
    _id: id,
    _accountId: ACCOUNT_ID,
    date: atMs,
    accesses: [{ action: change.action, resource }],
    kind: "segment",
    name,
    description: descriptionOf(change),
    shortDescription: "",
    ...("comment" in change && change.comment !== undefined && { comment: change.comment }),
    ...actor.fields,
    titleVerb,
    title: `${actor.title} ${titleVerb} [${escaped(name)}](${APP}${site}) in \`${titleOf(environment)}\``,
    target: { _links: links, name, resources: [resource] },
    parent: parentOf(place),
    ...("before" in change && { previousVersion: segmentView(change.before, place, new Map()) }),
    ...("after" in change && { currentVersion: segmentView(change.after, place, new Map()) }),
  };
}

const VERBS = {
  createSegment: "created the segment",
  updateIncluded: "updated the segment",
  deleteSegment: "deleted the segment",
} satisfies Record<SegmentChange["action"], string>;

function segmentOf(change: SegmentChange): PublicSegment {
  return "after" in change ? change.after : change.before;
}

/** How many members, and never which. */
function descriptionOf(change: SegmentChange): string {
  if (change.action !== "updateIncluded") return "";
  const { added, removed } = change.members;
  const lines = [
    ...(added > 0 ? [`* Added ${added} to the included targets\n`] : []),
    ...(removed > 0 ? [`* Removed ${removed} from the included targets\n`] : []),
  ];
  return lines.join("\n");
}
