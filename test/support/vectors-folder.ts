/** Returns the folder of a source's vectors in test/vectors: `posthog` has those of the destination. */
export function vectorsFolder(source: string): string {
  return source === "posthog" ? "posthog-source" : source;
}

/** The least number of vectors that a source has. CONTRIBUTING.md says it too. */
export const MIN_VECTORS = 12;
