import type { PosthogSecret } from "../../lib/connections/destination-secrets.ts";
import { projectNamed } from "../../lib/connections/find.ts";
import type { Connection, Connections, PosthogProject } from "../../lib/connections/schema.ts";
import type { EventSender } from "../../lib/delivery/lane.ts";
import type { TimeBudget } from "../../lib/delivery/time-budget.ts";
import { type Breakers, breakerOf, type Closed } from "../../lib/http/breaker.ts";
import { type SecretPorts, secretValue } from "../../lib/http/credential.ts";
import { limitOf, type RateLimits } from "../../lib/http/rate-limit.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import { type Paces, paceOf } from "../../lib/posthog/annotations/pace.ts";
import { type AnnotationWriter, annotationWriter } from "../../lib/posthog/annotations/request.ts";
import { type Era, eventSender } from "../../lib/posthog/capture/request.ts";
import { appHost, ingestionHost } from "../../lib/posthog/hosts.ts";
import type { Invocation } from "../settle-records.ts";

export type ProjectPorts = Pick<Invocation, "http"> & {
  /** Annotations may wait, events may not: they have less of an invocation's time. */
  readonly annotationBudget: TimeBudget;
  readonly now: () => number;
  readonly secrets: SecretPorts<PosthogSecret>;
  readonly limits: RateLimits;
  /** Shared by all invocations of the process. */
  readonly breakers?: Breakers;
  readonly paces: Paces;
  readonly timeoutMs: number;
  readonly version: string;
};

/** Who sends events, and who writes annotations, to a project. */
export type ProjectRoute = {
  readonly senderOf: (era: Era) => EventSender;
  readonly annotator: () => AnnotationWriter;
};

/** The way to the project that a batch is for; without a route when connections.yml no longer has it. */
export type ProjectTo = { readonly destination: string; readonly route: ProjectRoute | undefined };

/** A {@link ProjectTo}, and whether its project takes no events: annotations of what it takes wait with them. */
export type ProjectWay = ProjectTo & { readonly closedNow: () => Promise<Closed | undefined> };

export function projectTo(destination: string, connections: Connections, ports: ProjectPorts): ProjectWay {
  const project = projectNamed(connections, destination);
  const route = project && routeTo(destination, project, ports);
  return {
    destination,
    route,
    closedNow: async () => route?.senderOf("current").closedNow?.(),
  };
}

function routeTo(destination: string, project: PosthogProject, ports: ProjectPorts): ProjectRoute {
  // The check of the connections sees to the number where annotations are asked for.
  const { host, projectId = "", secret: name } = project;
  const { http, now, secrets, limits, breakers, paces, timeoutMs, version, annotationBudget } = ports;
  const secret = (after: string | undefined): Promise<PosthogSecret> =>
    secretValue(name, after === undefined ? "cached" : "refreshed", secrets);
  return {
    senderOf: (era) => {
      const to = { host: ingestionHost(host), era, timeoutMs, version };
      return eventSender(to, {
        http,
        now,
        projectKey: async (after) => (await secret(after)).projectApiKey,
        limit: limitOf(limits, { account: `${to.host} ${name}` }),
        breaker: breakers && breakerOf(breakers, destination),
      });
    },
    annotator: () => {
      const to = { host: appHost(host), projectId, timeoutMs, version };
      return annotationWriter(to, {
        http,
        now,
        budget: annotationBudget,
        personalKey: async (after) => personalKeyOf(await secret(after), name, secrets),
        limit: limitOf(limits, { account: `${to.host} ${name} annotations` }),
        breaker: breakers && breakerOf(breakers, `${destination} annotations`),
        pace: paceOf(paces, `${to.host} ${projectId}`),
      });
    },
  };
}

function personalKeyOf(
  { personalApiKey }: PosthogSecret,
  secret: string,
  { onProblem }: ProjectPorts["secrets"],
): string {
  if (personalApiKey !== undefined) return personalApiKey;
  const problem = `secret "${secret}" has no personalApiKey: annotations need one with the scopes annotation:read and annotation:write`;
  onProblem(problem);
  throw new Error(problem);
}

/** Where the links of a connection's changes lead: the LaunchDarkly whose audit log it reads, else LaunchDarkly's US instance. */
export function appUrlOf({ launchdarkly }: Connections, { sweep }: Connection): string {
  const environment =
    sweep && Object.hasOwn(launchdarkly, sweep.using) ? launchdarkly[sweep.using] : undefined;
  return urlsOf(environment?.instance ?? "us").api;
}
