import type { Scope } from "./account-settings.ts";
import type { PosthogProject, PosthogSandboxConfig } from "./posthog.ts";
import { headerOf, type SandboxAnswer, type SandboxRequest } from "./route.ts";

/**
 * The project of a request of PostHog's own API, for a personal API key with this scope; else why it is refused. `@current` is the project
 * of the key's owner: here the first one that has the key.
 * https://posthog.com/docs/api#how-to-authenticate-with-the-posthog-api
 */
export function personalProject(
  request: SandboxRequest,
  {
    projects,
    settings,
    scope,
  }: Pick<PosthogSandboxConfig, "projects" | "settings"> & { readonly scope: Scope },
): PosthogProject | SandboxAnswer {
  const key = /^Bearer (.+)$/.exec(headerOf(request, "authorization") ?? "")?.[1];
  if (key === undefined)
    return problem(401, "not_authenticated", "Authentication credentials were not provided.");
  const own = projects().filter(({ personalApiKey }) => personalApiKey === key);
  if (own.length === 0)
    return problem(401, "authentication_failed", "Personal API key found in request is invalid.");
  if (settings?.isScopeDenied(scope))
    return problem(403, "permission_denied", `API key missing required scope '${scope}'`);
  const asked = request.parameters.projectId ?? "";
  const found = asked === "@current" ? own[0] : own.find(({ projectId }) => projectId === asked);
  return found ?? problem(404, "not_found", "Project not found.");
}

/** An error as PostHog's API words one. https://posthog.com/docs/api#error-responses */
export function problem(
  status: number,
  code: string,
  detail: string,
  attr: string | null = null,
): SandboxAnswer {
  return { kind: "json", status, body: { type: typeOf(status), code, detail, attr } };
}

/** A missing scope is an error of authentication there: https://github.com/PostHog/posthog/issues/30993 */
function typeOf(status: number): string {
  if (status === 400) return "validation_error";
  return status === 401 || status === 403 ? "authentication_error" : "invalid_request";
}
