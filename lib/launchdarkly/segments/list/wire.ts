/**
 * Body of `PATCH /api/v2/segments/{project}/{environment}/{segment}` as a semantic patch: 200, or 400, 401, 403, 404,
 * 409, 429. All of it is done or nothing; a key that is there already, or is not, is no error, but one that is
 * excluded cannot be included. https://launchdarkly.com/docs/api/segments/patch-segment
 */
export type SemanticPatch = {
  readonly environmentKey: string;
  readonly instructions: readonly TargetsInstruction[];
};

export type TargetsInstruction = {
  readonly kind: "addIncludedTargets" | "removeIncludedTargets";
  readonly contextKind: string;
  readonly values: readonly string[];
};
