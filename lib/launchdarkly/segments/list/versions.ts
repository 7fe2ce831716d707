/** Tells a semantic patch from the other two kinds of patch. https://launchdarkly.com/docs/api#updates-using-semantic-patch */
export const SEMANTIC_PATCH = "application/json; domain-model=launchdarkly.semanticpatch";
