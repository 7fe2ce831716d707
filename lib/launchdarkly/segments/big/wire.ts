/**
 * Body of `POST /api/v2/segments/{project}/{environment}/{segment}/contexts`: 204, or 400, 401, 404, 429. It has no
 * place for the context kind: every key is of the segment's own. A key that is there already, or is not, is no error.
 * https://launchdarkly.com/docs/api/segments/update-context-targets-on-a-big-segment
 */
export type BigSegmentBody = {
  readonly included: { readonly add: readonly string[]; readonly remove: readonly string[] };
};
