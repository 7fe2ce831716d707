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

/** What is read of an annotation that is there. Newer versions do not list the deleted ones. */
export const foundAnnotation = z.object({
  id: z.int(),
  content: z.string(),
  deleted: z.nullish(z.boolean()),
});

export type FoundAnnotation = z.output<typeof foundAnnotation>;

/** Entry by entry: annotations of other shapes, without a content for example, are none of ours. */
export const annotationList = z.object({ results: z.array(z.unknown()) });
