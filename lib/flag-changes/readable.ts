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
  { description, site, ...change }: FlagChange,
  { memberDetails, appUrl }: ReadableSettings,
): ReadableChange {
  const linkText = memberDetails ? undefined : hidePeople;
  const readable = {
    ...change,
    title: plainLine(change.title, linkText),
    details: plainLines(description, linkText),
    link: absoluteLink(site, appUrl),
  };
  return memberDetails ? readable : withoutMemberDetails(readable);
}

function absoluteLink(site: string, appUrl: string): string {
  const url = site === "" ? null : URL.parse(site, appUrl);
  return url && /^https?:$/.test(url.protocol) ? url.href : "";
}
