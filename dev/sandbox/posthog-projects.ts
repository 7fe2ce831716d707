import type { PosthogSandboxConfig } from "./posthog.ts";
import { personalProject } from "./posthog-door.ts";
import type { SandboxAnswer, SandboxRequest, SandboxRoute } from "./route.ts";
import { withFault } from "./with-fault.ts";

/**
 * `GET /api/projects/{id}/` and `/api/projects/@current/`, which say which project key (`api_token`) a project has: capture answers 200
 * to every key, so that this is the one proof of it.
 * https://posthog.com/docs/api/projects
 */
export function posthogProjectRoutes(config: PosthogSandboxConfig): readonly SandboxRoute[] {
  const path = "/sandbox/posthog/api/projects/{projectId}";
  const look = (request: SandboxRequest): SandboxAnswer => {
    const project = personalProject(request, { ...config, scope: "project:read" });
    if ("kind" in project) return project;
    const body = {
      ...(project.projectId !== undefined && { id: Number(project.projectId) }),
      name: project.name,
      api_token: project.projectApiKey,
      timezone: "UTC",
    };
    return { kind: "json", status: 200, body };
  };
  const answer = withFault(config.faults, "annotations", look);
  return [path, `${path}/`].map((one) => ({ method: "GET", path: one, answer }));
}
