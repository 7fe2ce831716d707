import type { PosthogSecret } from "../../lib/connections/check-secrets.ts";
import type { Connection, Connections, PosthogProject } from "../../lib/connections/schema.ts";
import { type SecretPorts, secretValue } from "../../lib/http/credential.ts";
import { limitOf, type RateLimits } from "../../lib/http/rate-limit.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import { type Paces, paceOf } from "../../lib/posthog/annotations/pace.ts";
import { annotationWriter } from "../../lib/posthog/annotations/request.ts";
import { type Era, eventSender } from "../../lib/posthog/capture/request.ts";
import { appHost, ingestionHost } from "../../lib/posthog/hosts.ts";
import type { Invocation } from "../settle-records.ts";

export type ProjectPorts = Pick<Invocation, "http" | "budget"> & {
  readonly now: () => number;
  readonly secrets: SecretPorts<PosthogSecret>;
  readonly limits: RateLimits;
  readonly paces: Paces;
  readonly timeoutMs: number;
  readonly version: string;
};

/** Who sends events, and who writes annotations, to the PostHog projects that connections name. */
export function projectsOf({ posthog }: Connections, ports: ProjectPorts) {
  const project = (name: string): PosthogProject => {
    const found = Object.hasOwn(posthog, name) ? posthog[name] : undefined;
    if (!found) throw new RangeError(`posthog.${name} is named by a connection and does not exist`);
    return found;
  };
  const secret = (name: string, after: string | undefined): Promise<PosthogSecret> =>
    secretValue(name, after === undefined ? "cached" : "refreshed", ports.secrets);
  return {
    senderTo: (name: string, era: Era) => {
      const { host, secret: key } = project(name);
      const to = { ...ports, host: ingestionHost(host), era };
      return eventSender(to, {
        ...ports,
        projectKey: async (after) => (await secret(key, after)).projectApiKey,
        limit: limitOf(ports.limits, { account: `${to.host} ${key}` }),
      });
    },
    annotatorOf: (name: string) => {
      // The check of the connections sees to the number where annotations are asked for.
      const { host, projectId = "", secret: key } = project(name);
      const to = { ...ports, host: appHost(host), projectId };
      return annotationWriter(to, {
        ...ports,
        personalKey: async (after) => personalKeyOf(await secret(key, after), key, ports),
        limit: limitOf(ports.limits, { account: `${to.host} ${key} annotations` }),
        pace: paceOf(ports.paces, `${to.host} ${projectId}`),
      });
    },
  };
}

function personalKeyOf({ personalApiKey }: PosthogSecret, secret: string, { secrets }: ProjectPorts): string {
  if (personalApiKey !== undefined) return personalApiKey;
  const problem = `secret "${secret}" has no personalApiKey: annotations need one with the scopes annotation:read and annotation:write`;
  secrets.onProblem(problem);
  throw new Error(problem);
}

/** Where the links of a connection's changes lead: the LaunchDarkly whose audit log it reads, else LaunchDarkly's US instance. */
export function appUrlOf({ launchdarkly }: Connections, { sweep }: Connection): string {
  const environment =
    sweep && Object.hasOwn(launchdarkly, sweep.using) ? launchdarkly[sweep.using] : undefined;
  return urlsOf(environment?.instance ?? "us").api;
}
