import * as z from "zod/mini";

/**
 * A new annotation. Without a scope it would belong to one chart; `GIT` is what PostHog calls notes that no person wrote.
 * https://posthog.com/docs/api/annotations
 */
export type NewAnnotation = {
  readonly content: string;
  /** ISO 8601. */
  readonly date_marker: string;
  readonly scope: "project";
  readonly creation_type: "GIT";
};

/** The parts that are read of an existing annotation. Newer versions of PostHog do not list deleted ones. */
export const foundAnnotation = z.object({
  id: z.int(),
  content: z.string(),
  deleted: z.nullish(z.boolean()),
});

export type FoundAnnotation = z.output<typeof foundAnnotation>;

/** Checks entry by entry. Flagbridge did not write annotations of other shapes, such as one without a content. */
export const annotationList = z.object({ results: z.array(z.unknown()) });
