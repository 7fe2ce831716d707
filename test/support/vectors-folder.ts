/** Returns the folder of a source's vectors in test/vectors: `posthog` has those of the destination. */
export function vectorsFolder(source: string): string {
  return source === "posthog" ? "posthog-source" : source;
}
