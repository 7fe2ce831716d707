import * as z from "zod/mini";

/**
 * Body of `POST /api/v2/segments/{project}/{environment}`: 201, or 400, 401, 403, 404, 429. The status for an existing key
 * is not documented. `unbounded` means a big segment, whose context kind never changes.
 * https://launchdarkly.com/docs/api/segments/create-segment
 */
export type SegmentBody = {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly unbounded: boolean;
  readonly unboundedContextKind?: string;
};

const keys = z.nullish(z.array(z.string()));
const targets = z.nullish(z.array(z.object({ contextKind: z.nullish(z.string()), values: keys })));

/**
 * The parts of `GET /api/v2/segments/{project}/{environment}/{segment}` that are read. `included` and `excluded` contain the
 * targets of kind `user`, and nothing for a big segment. `_external` is the source of a synced segment.
 * https://launchdarkly.com/docs/api/segments/get-segment
 */
export const segmentAnswer = z.object({
  key: z.string(),
  unbounded: z.nullish(z.boolean()),
  unboundedContextKind: z.nullish(z.string()),
  _external: z.nullish(z.string()),
  included: keys,
  excluded: keys,
  includedContexts: targets,
  excludedContexts: targets,
});
