import * as z from "zod";
import { posthogSecret } from "../../lib/connections/destination-secrets.ts";
import type { Connections, PosthogProject } from "../../lib/connections/schema.ts";
import type { HttpAnswer, HttpRequest } from "../../lib/http/session.ts";
import { isObject, readJson } from "../../lib/json.ts";
import { appHost, ingestionHost } from "../../lib/posthog/hosts.ts";
import { type Check, type CheckLine, lineAbout } from "./check.ts";
import type { EnvironmentPorts } from "./launchdarkly-environment.ts";
import type { Secrets } from "./secrets.ts";

const TIMEOUT_MS = 15_000;
const projectAnswer = z.object({ api_token: z.string() });
const DOCS = "docs/posthog.md";

/**
 * Does the host of a PostHog project answer, is the key that of the project, and may annotations be written? Capture answers 200 to a key of
 * no project and its events are nowhere, so only PostHog's private API proves the key.
 */
export function posthogCheck(
  name: string,
  {
    project,
    connections,
    secrets,
  }: { readonly project: PosthogProject; readonly connections: Connections; readonly secrets: Secrets },
  ports: Pick<EnvironmentPorts, "http" | "version">,
): Check {
  const subject = `posthog.${name}`;
  const host = lineAbout("posthog.host", subject);
  const key = lineAbout("posthog.key", subject);
  const annotations = lineAbout("posthog.annotations", subject);
  const isAnnotated = Object.values(connections.connections).some(
    ({ posthog }) => posthog?.annotations && posthog.to.includes(name),
  );
  const stored = secrets.get(project.secret);
  const secret = stored?.kind === "text" ? posthogSecret.safeParse(readJson(stored.text)).data : undefined;
  return {
    title: subject,
    line: host,
    run: async () => {
      if (!secret)
        return [host, key, ...(isAnnotated ? [annotations] : [])].map((line) =>
          line.skipped(
            `its secret ${project.secret} has no project API key`,
            `Mend the secret ${project.secret} first.`,
          ),
        );
      return Promise.all([
        hostLine(secret.projectApiKey),
        keyLine(secret),
        ...(isAnnotated ? [annotationsLine(secret.personalApiKey)] : []),
      ]);
    },
  };

  function send(
    request: Pick<HttpRequest, "method" | "url"> & {
      readonly body?: object;
      readonly personalKey?: string | undefined;
    },
  ): Promise<HttpAnswer> {
    return ports.http.send({
      method: request.method,
      url: request.url,
      headers: {
        accept: "application/json",
        "user-agent": `flagbridge/${ports.version}`,
        ...(request.body && { "content-type": "application/json" }),
        ...(request.personalKey !== undefined && { authorization: `Bearer ${request.personalKey}` }),
      },
      body: request.body ? JSON.stringify(request.body) : "",
      timeoutMs: TIMEOUT_MS,
    });
  }

  /** A batch without events: capture refuses it for that (400), and nothing is written. */
  async function hostLine(projectKey: string): Promise<CheckLine> {
    const to = ingestionHost(project.host);
    const answer = await send({
      method: "POST",
      url: `${to}/batch/`,
      body: { api_key: projectKey, batch: [] },
    });
    const mend = `Check \`host\` of the project, and whether this machine reaches it: ${DOCS}`;
    if (answer.kind !== "answered") return host.failed(`${to} did not answer: ${answer.reason}`, mend);
    const { status } = answer;
    if (status === 400 || (status >= 200 && status < 300)) return host.ok(`${to} answers, and takes batches`);
    if (status === 401)
      return host.failed(
        `${to} refuses the key for its shape (401)`,
        `Set the project API key (phc_…) of the project's settings: npx flagbridge secrets set ${project.secret}`,
      );
    if (status === 429 || status >= 500)
      return host.warning(
        `${to} answers ${status}`,
        "Run it again later: the functions try such batches again by themselves.",
      );
    return host.failed(`${to} answers ${status} to a batch: it is not PostHog's capture`, mend);
  }

  async function keyLine(own: z.output<typeof posthogSecret>): Promise<CheckLine> {
    const { personalApiKey: personalKey, projectApiKey } = own;
    if (personalKey === undefined)
      return key.skipped(
        "PostHog takes events for a key of no project too, so without a personal API key nothing proves this one",
        `Send one change and look for it in PostHog; or add a personalApiKey with the scope project:read to the secret ${project.secret}.`,
      );
    const at = project.projectId ?? "@current";
    const answer = await send({
      method: "GET",
      url: `${appHost(project.host)}/api/projects/${encodeURIComponent(at)}/`,
      personalKey,
    });
    if (answer.kind !== "answered")
      return key.skipped(`PostHog did not answer: ${answer.reason}`, "Mend posthog.host first.");
    const refused = refusalLine(key, answer, "project:read");
    if (refused) return refused;
    const { data } = projectAnswer.safeParse(readJson(answer.body));
    if (!data)
      return key.skipped("its answer is not as documented", "It is worth an issue with this output.");
    if (data.api_token === projectApiKey) return key.ok(`the project API key is that of ${projectName()}`);
    if (project.projectId === undefined)
      return key.skipped(
        "the project in which the personal key's owner works has another key, which need not be this one",
        `Set projectId of ${subject}: the number in the URL of the project.`,
      );
    return key.failed(
      `the project API key is not that of ${projectName()}: PostHog answers 200 and the events are elsewhere or nowhere`,
      `Copy the key from the project's settings: npx flagbridge secrets set ${project.secret}`,
    );
  }

  /** An annotation at no time: PostHog refuses it for that (400) once the key's scope has let it in. */
  async function annotationsLine(personalKey: string | undefined): Promise<CheckLine> {
    if (personalKey === undefined || project.projectId === undefined)
      return annotations.failed(
        `annotations need ${personalKey === undefined ? `a personalApiKey in the secret ${project.secret}` : `projectId of ${subject}`}`,
        `${DOCS} says where they are.`,
      );
    const url = `${appHost(project.host)}/api/projects/${encodeURIComponent(project.projectId)}/annotations/`;
    const read = await send({ method: "GET", url: `${url}?limit=1`, personalKey });
    if (read.kind !== "answered")
      return annotations.skipped(`PostHog did not answer: ${read.reason}`, "Mend posthog.host first.");
    const unread = refusalLine(annotations, read, "annotation:read", "failed");
    if (unread) return unread;
    const written = await send({
      method: "POST",
      url,
      body: { content: "flagbridge doctor", date_marker: "never", scope: "nothing" },
      personalKey,
    });
    if (written.kind !== "answered")
      return annotations.skipped(`PostHog did not answer: ${written.reason}`, "Run it again.");
    if (written.status === 400) return annotations.ok("the personal key may read and write annotations");
    if (written.status === 201)
      return annotations.warning(
        'PostHog took an annotation "flagbridge doctor" that has no valid time: the key may write',
        "Delete that annotation in PostHog.",
      );
    return (
      refusalLine(annotations, written, "annotation:write", "failed") ??
      annotations.skipped(`PostHog answered ${written.status}`, "Run it again later.")
    );
  }

  function projectName(): string {
    return project.projectId === undefined ? "the personal key's project" : `project ${project.projectId}`;
  }

  /** `needed`: what a missing scope means for the check that needs it. */
  function refusalLine(
    line: ReturnType<typeof lineAbout>,
    { status, body }: Extract<HttpAnswer, { kind: "answered" }>,
    scope: string,
    needed: "failed" | "skipped" = "skipped",
  ): CheckLine | undefined {
    if (status >= 200 && status < 300) return undefined;
    if (status === 403)
      return line[needed](
        `the personal API key lacks the scope ${scopeIn(body) ?? scope}`,
        `Add the scope ${scopeIn(body) ?? scope} to the key in PostHog, Personal API keys.`,
      );
    if (status === 401)
      return line.failed(
        "PostHog refuses the personal API key (401)",
        `Make one for this host and set it: npx flagbridge secrets set ${project.secret}`,
      );
    if (status === 404)
      return line.failed(
        `the personal API key sees no ${projectName()}`,
        `Correct projectId of ${subject}, or use a key of somebody who is in the project.`,
      );
    if (status === 400) return undefined;
    return line.skipped(`PostHog answered ${status}`, "Run it again later.");
  }
}

/** The scope that PostHog says is missing: `API key missing required scope 'project:read'`. */
function scopeIn(body: string): string | undefined {
  const json = readJson(body);
  const detail = isObject(json) && typeof json.detail === "string" ? json.detail : "";
  return /scope '([a-z_]+:(?:read|write))'/.exec(detail)?.[1];
}
