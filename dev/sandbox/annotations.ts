import * as z from "zod";
import type { Json } from "../../lib/json.ts";
import { readJson } from "../../lib/json.ts";
import type { Scope } from "./account-settings.ts";
import type { PosthogSandboxConfig } from "./posthog.ts";
import { personalProject, problem } from "./posthog-door.ts";
import type { SandboxAnswer, SandboxRequest, SandboxRoute } from "./route.ts";
import { withFault } from "./with-fault.ts";

const text = z.string();
const SCOPES = ["dashboard_item", "dashboard", "project", "organization"] as const;

/** What a person or a program may set of an annotation; the rest is PostHog's. https://posthog.com/docs/api/annotations */
const annotationBody = z.object({
  content: text
    .min(1, "This field may not be blank.")
    .max(8_192, "Ensure this field has no more than 8192 characters."),
  date_marker: text.refine((marker) => !Number.isNaN(Date.parse(marker)), "Datetime has wrong format."),
  scope: z.enum(SCOPES, "Not a valid choice.").default("dashboard_item"),
  creation_type: z.enum(["USR", "GIT"], "Not a valid choice.").default("USR"),
  dashboard_item: z.int().nullable().default(null),
  dashboard_id: z.int().nullable().default(null),
  hidden_in_user_interface: z.boolean().nullable().default(null),
});

/** The most that a list gives unless it is asked for less or more. */
const DEFAULT_LIMIT = 1_000;

/** `GET` and `POST /api/projects/{id}/annotations/`: on the app's host at PostHog, which here is the same. */
export function annotationRoutes(config: PosthogSandboxConfig): readonly SandboxRoute[] {
  const path = "/sandbox/posthog/api/projects/{projectId}/annotations/";
  const door = (scope: Scope, apply: (projectId: string, request: SandboxRequest) => SandboxAnswer) =>
    withFault(config.faults, "annotations", (request) => {
      const project = personalProject(request, { ...config, scope });
      if ("kind" in project) return project;
      return apply(project.projectId ?? "", request);
    });
  return [
    {
      method: "GET",
      path,
      answer: door("annotation:read", (projectId, { query }) => list(projectId, query, config)),
    },
    {
      method: "POST",
      path,
      answer: door("annotation:write", (projectId, { body }) => create(projectId, body, config)),
    },
  ];
}

function create(projectId: string, body: string, { store, now }: PosthogSandboxConfig): SandboxAnswer {
  const parsed = annotationBody.safeParse(readJson(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const attribute = issue?.path.join(".") ?? "";
    return problem(400, "invalid_input", issue?.message ?? "invalid", attribute);
  }
  const at = new Date(now()).toISOString();
  const annotation = { ...parsed.data, created_at: at, updated_at: at, deleted: false };
  return { kind: "json", status: 201, body: store.annotate(projectId, annotation) };
}

function list(projectId: string, query: URLSearchParams, { store }: PosthogSandboxConfig): SandboxAnswer {
  const found = store.annotations(projectId).filter((annotation) => isAskedFor(annotation, query));
  const limit = numberOf(query.get("limit"), DEFAULT_LIMIT);
  const offset = numberOf(query.get("offset"), 0);
  const results = found.slice(offset, offset + limit);
  const more = found.length > offset + limit ? `?limit=${limit}&offset=${offset + limit}` : null;
  return {
    kind: "json",
    status: 200,
    body: { count: found.length, next: more, previous: null, results },
  };
}

function isAskedFor(annotation: Json, query: URLSearchParams): boolean {
  const search = query.get("search")?.toLowerCase() ?? "";
  const [scope, from, to] = ["scope", "date_from", "date_to"].map((name) => query.get(name));
  const hidden = query.get("hidden_in_user_interface");
  const at = Date.parse(String(annotation.date_marker));
  return (
    String(annotation.content).toLowerCase().includes(search) &&
    (!scope || annotation.scope === scope) &&
    (!from || at >= Date.parse(from)) &&
    (!to || at <= Date.parse(to)) &&
    (!hidden || annotation.hidden_in_user_interface === (hidden === "true"))
  );
}

function numberOf(given: string | null, otherwise: number): number {
  return given !== null && /^\d{1,6}$/.test(given) ? Number(given) : otherwise;
}
