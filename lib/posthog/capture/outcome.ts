/**
 * Statuses by which PostHog refuses events. One bad event refuses the request: 400. What was taken before a 413 is
 * recognized by its uuid when it comes again. 2xx says that a request was understood: also one whose key is well-formed
 * and of no project, and one above the billing limit. No answer's body is needed, as versions differ in it.
 * https://github.com/PostHog/posthog/tree/master/rust/capture
 */
export const REFUSALS: readonly number[] = [400, 413];
