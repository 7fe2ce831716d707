import * as z from "zod/mini";
import { readJson } from "../../json.ts";

/** What is read of a page before its entries are: what an entry is, each has to show for itself. */
const page = z.looseObject({
  items: z.array(z.unknown()),
  // Whatever else stands there is no link.
  _links: z.catch(
    z.optional(z.looseObject({ next: z.optional(z.looseObject({ href: z.string() })) })),
    undefined,
  ),
});

/** One page of the audit log, newest entry first. `next` is where LaunchDarkly says that the following one is. */
export type Page = { readonly entries: readonly unknown[]; readonly next?: string };

/**
 * The page in a JSON text; undefined when it is none.
 * https://github.com/launchdarkly/api-client-typescript/blob/main/docs/AuditLogEntryListingRepCollection.md
 */
export function readPage(text: string): Page | undefined {
  const parsed = page.safeParse(readJson(text));
  if (!parsed.success) return undefined;
  const { items, _links: links } = parsed.data;
  return { entries: items, ...(links?.next && { next: links.next.href }) };
}
