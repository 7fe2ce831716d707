import type { FlagChange } from "../messages/flag-changes.ts";
import { hidePeople, withoutMemberDetails } from "./member-details.ts";
import { plainLine, plainLines } from "./plain-text.ts";

/** A change as people read it: its texts are plain, and its link leads somewhere or is empty. */
export type ReadableChange = Omit<FlagChange, "description" | "site"> & {
  readonly details: string;
  readonly link: string;
};

export type ReadableSettings = {
  /** False leaves out the name and e-mail address of the member who made the change. */
  readonly memberDetails: boolean;
  /** Address of the LaunchDarkly whose change it is, for example https://app.launchdarkly.com */
  readonly appUrl: string;
};

/** Everything that leaves Flagbridge about a change is made of this. */
export function readableChange(
  change: FlagChange,
  { memberDetails, appUrl }: ReadableSettings,
): ReadableChange {
  const linkText = memberDetails ? undefined : hidePeople;
  // Member by member: to copy all but some of them takes several times as long, and this is done for every change.
  const readable = {
    id: change.id,
    entryId: change.entryId,
    accountId: change.accountId,
    at: change.at,
    index: change.index,
    kind: change.kind,
    name: change.name,
    title: plainLine(change.title, linkText),
    titleVerb: change.titleVerb,
    details: plainLines(change.description, linkText),
    comment: change.comment,
    accesses: change.accesses,
    tags: change.tags,
    relatedFlag: change.relatedFlag,
    link: absoluteLink(change.site, appUrl),
    isCut: change.isCut,
    member: change.member,
    token: change.token,
    app: change.app,
  } satisfies { readonly [Member in keyof Required<ReadableChange>]: unknown };
  return memberDetails ? readable : withoutMemberDetails(readable);
}

function absoluteLink(site: string, appUrl: string): string {
  const url = site === "" ? null : URL.parse(site, appUrl);
  return url && /^https?:$/.test(url.protocol) ? url.href : "";
}
