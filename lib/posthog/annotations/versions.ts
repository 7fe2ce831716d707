/** PostHog's API for charts' annotations. https://posthog.com/docs/api/annotations */
export function annotationsPath(projectId: string): string {
  return `/api/projects/${encodeURIComponent(projectId)}/annotations/`;
}
