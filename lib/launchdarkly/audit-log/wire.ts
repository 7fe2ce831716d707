import * as z from "zod/mini";
import { readJson } from "../../json.ts";

/** The parts of a page that are checked before its entries; each entry is checked on its own. */
const page = z.looseObject({
  items: z.array(z.unknown()),
  // Any other value is not a link.
  _links: z.catch(
    z.optional(z.looseObject({ next: z.optional(z.looseObject({ href: z.string() })) })),
    undefined,
  ),
});

/** One page of the audit log, newest entry first. `next` is LaunchDarkly's link to the following page. */
export type Page = { readonly entries: readonly unknown[]; readonly next?: string };

/**
 * Reads the page in a JSON text; undefined when it is not a page.
 * https://github.com/launchdarkly/api-client-typescript/blob/main/docs/AuditLogEntryListingRepCollection.md
 */
export function readPage(text: string): Page | undefined {
  const parsed = page.safeParse(readJson(text));
  if (!parsed.success) return undefined;
  const { items, _links: links } = parsed.data;
  return { entries: items, ...(links?.next && { next: links.next.href }) };
}
