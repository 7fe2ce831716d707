import * as z from "zod";

/**
 * Body of `POST /api/v2/segments/{project}/{environment}`: 201, or 400, 401, 403, 404, 429; what a key that is taken
 * answers is not documented. `unbounded`: a big segment, which has one context kind for ever.
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

const keys = z.array(z.string()).nullish();
const targets = z.array(z.object({ contextKind: z.string().nullish(), values: keys })).nullish();

/**
 * What is read of `GET /api/v2/segments/{project}/{environment}/{segment}`. `included` and `excluded` hold the targets
 * of kind `user`, and nothing for a big segment. `_external` is the source of a synced segment.
 * https://launchdarkly.com/docs/api/segments/get-segment
 */
export const segmentAnswer = z.object({
  key: z.string(),
  unbounded: z.boolean().nullish(),
  unboundedContextKind: z.string().nullish(),
  _external: z.string().nullish(),
  included: keys,
  excluded: keys,
  includedContexts: targets,
  excludedContexts: targets,
});
