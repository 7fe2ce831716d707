import { launchdarklySecret } from "../lib/connections/destination-secrets.ts";
import type { Connections, LaunchDarklyEnvironment } from "../lib/connections/schema.ts";
import type { Secrets } from "./secrets-file.ts";

/**
 * Points the sandbox URLs of a connections file at the stack that reads it: a URL with a loopback host and a path
 * under /sandbox/ gets this stack's own address, whatever port the file names, so that one file works with any
 * `--port`. Every other URL stays as it is.
 */
export function withOwnSandbox(connections: Connections, port: number): Connections {
  return {
    ...connections,
    launchdarkly: Object.fromEntries(
      Object.entries(connections.launchdarkly).map(([name, environment]) => [
        name,
        { ...environment, instance: ownInstance(environment.instance, port) },
      ]),
    ),
    posthog: Object.fromEntries(
      Object.entries(connections.posthog).map(([name, project]) => [
        name,
        { ...project, host: ownUrl(project.host, port) },
      ]),
    ),
  };
}

type Instance = LaunchDarklyEnvironment["instance"];

function ownInstance(instance: Instance, port: number): Instance {
  if (typeof instance === "string") return instance;
  return { api: ownUrl(instance.api, port), events: ownUrl(instance.events, port) };
}

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL of the connections file means the sandbox of the stack that reads it. */
export function isOwnSandbox(text: string): boolean {
  const { hostname, pathname } = new URL(text);
  return loopbackHost.test(hostname) && pathname.startsWith("/sandbox/");
}

function ownUrl(text: string, port: number): string {
  if (!isOwnSandbox(text)) return text;
  const url = new URL(text);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return url.href;
}

/** The client-side IDs that the sandbox knows: those of the connections file. */
export function clientSideIds({ launchdarkly }: Connections): ReadonlySet<string> {
  return new Set(Object.values(launchdarkly).map(({ clientSideId }) => clientSideId));
}

/** The client-side ID of the environment with these keys. */
export function clientSideIdOf(
  { launchdarkly }: Connections,
  project: string,
  environment: string,
): string | undefined {
  const found = Object.values(launchdarkly).find(
    (one) => one.project === project && one.environment === environment,
  );
  return found?.clientSideId;
}

/** The environments that have their project and environment keys. */
export function keyedEnvironments({ launchdarkly }: Connections): readonly {
  readonly project: string;
  readonly environment: string;
  readonly clientSideId: string;
}[] {
  return Object.values(launchdarkly).flatMap(({ project, environment, clientSideId }) =>
    project !== undefined && environment !== undefined ? [{ project, environment, clientSideId }] : [],
  );
}

/** The access tokens that the sandbox takes: those of the environments' secrets. */
export function accessTokens({ launchdarkly }: Connections, secrets: Secrets): ReadonlySet<string> {
  return new Set(
    Object.values(launchdarkly).flatMap(({ secret }) => {
      const parsed = launchdarklySecret.safeParse(
        Object.hasOwn(secrets, secret) ? secrets[secret] : undefined,
      );
      return parsed.success ? [parsed.data.accessToken] : [];
    }),
  );
}
