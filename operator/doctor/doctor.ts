import type { Connections } from "../../lib/connections/schema.ts";
import { noLimits } from "../../lib/http/rate-limit.ts";
import type { HttpSession } from "../../lib/http/session.ts";
import type { Bundle } from "../bundle.ts";
import { apiCheck } from "./api.ts";
import { auditLogCheck } from "./audit-log.ts";
import { type AwsPorts, awsChecks } from "./aws.ts";
import type { Check, CheckLine } from "./check.ts";
import { deployedCheck } from "./deployed.ts";
import { forTarget } from "./for-target.ts";
import { importRightCheck } from "./import-right.ts";
import {
  type EnvironmentPorts,
  type EnvironmentToAsk,
  environmentsToAsk,
} from "./launchdarkly-environment.ts";
import { metricsCheck } from "./metrics.ts";
import { posthogCheck } from "./posthog.ts";
import { type ReadStored, readSecrets } from "./read-secrets.ts";
import { type Diagnosis, runChecks } from "./run.ts";
import { textsIn } from "./sample-secrets.ts";
import { type Secrets, secretOwners, secretsCheck, valuesOf } from "./secrets.ts";
import { segmentSettingsCheck } from "./segment-settings.ts";
import { segmentsRightCheck } from "./segments-right.ts";
import { tokenCheck } from "./token.ts";
import { webhookCheck } from "./webhook.ts";
import { writeCheck } from "./write.ts";
import { waysOfWriting } from "./written-segments.ts";

export type DoctorPorts = AwsPorts & {
  readonly secretStore: { readonly read: ReadStored };
  readonly http: Pick<HttpSession, "send">;
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** What a person can do about an error. */
  readonly describe: (error: unknown) => string;
};

/** `write`: each writer changes a throw-away segment. `read`: nothing is changed anywhere. */
export type DoctorSettings = { readonly mode: "read" | "write"; readonly version: string };

export type Doctor = {
  readonly checks: number;
  /** `noteDone` is called after each check, with how many are done. */
  readonly run: (noteDone: (done: number, title: string) => void) => Promise<Diagnosis>;
};

/** Reads the secrets, and makes the checks of every edge of a bundle ready to run. */
export async function openDoctor(
  bundle: Bundle,
  settings: DoctorSettings,
  ports: DoctorPorts,
): Promise<Doctor> {
  const names = [...secretOwners(bundle.connections).keys()];
  const secrets = await readSecrets(names, { read: ports.secretStore.read, prefix: bundle.secretPrefix });
  const checks = checksOf(bundle, secrets, settings, ports);
  return {
    checks: checks.length,
    run: async (noteDone) => {
      const { checks: lines, failed } = await runChecks(checks, { noteDone, describe: ports.describe });
      const safe = withoutSecrets(lines, secrets);
      return { checks: safe.map((line) => ({ ...line, fix: forTarget(line.fix, bundle.where) })), failed };
    },
  };
}

function checksOf(
  bundle: Bundle,
  secrets: Secrets,
  { mode, version }: DoctorSettings,
  ports: DoctorPorts,
): readonly Check[] {
  const { connections, where } = bundle;
  const { http, now, sleep } = ports;
  const asking: EnvironmentPorts = { http, now, sleep, version, limits: noLimits() };
  const environments = environmentsToAsk(connections, secrets, asking);
  return [
    deployedCheck(bundle, { version }),
    secretsCheck(connections, secrets, bundle),
    apiCheck(where, ports),
    ...awsChecks(bundle, ports),
    ...environments.flatMap((environment) => environmentChecks(environment, connections, mode, asking)),
    ...Object.entries(connections.connections).flatMap(([name, connection]) => {
      const { metrics, sweep, source } = connection;
      const of = (wanted: string): readonly EnvironmentToAsk[] =>
        environments.filter((environment) => environment.name === wanted);
      return [
        ...(metrics
          ? [...new Set(metrics.to)].flatMap(of).map((one) => metricsCheck(one, { name, metrics }))
          : []),
        ...(source === "launchdarkly"
          ? [webhookCheck(name, { connection, secrets, environments, url: `${where.url}/c/${name}` })]
          : []),
        ...(sweep ? of(sweep.using).map((one) => auditLogCheck(one, { name, sweep })) : []),
      ];
    }),
    ...Object.entries(connections.posthog).map(([name, project]) =>
      posthogCheck(name, { project, connections, secrets }, asking),
    ),
  ];
}

function environmentChecks(
  environment: EnvironmentToAsk,
  connections: Connections,
  mode: DoctorSettings["mode"],
  ports: EnvironmentPorts,
): readonly Check[] {
  const ways = waysOfWriting(connections).filter((way) => way.environment === environment.name);
  const imports = Object.values(connections.connections).some(
    ({ metrics }) => metrics?.route === "import" && metrics.to.includes(environment.name),
  );
  return [
    tokenCheck(environment, ports),
    ...(ways.length > 0 ? [segmentSettingsCheck(environment, ways)] : []),
    ...ways.map((way) =>
      mode === "write" ? writeCheck(environment, way, ports) : segmentsRightCheck(environment, way),
    ),
    ...(imports ? [importRightCheck(environment, ports)] : []),
  ];
}

/** Nothing here puts a secret into a line. What a destination answers is not in our hands. */
function withoutSecrets(lines: readonly CheckLine[], secrets: Secrets): readonly CheckLine[] {
  const texts = textsIn(valuesOf(secrets)).filter((text) => text.length >= SHORTEST_HIDDEN);
  const hide = (text: string): string =>
    texts.reduce((hidden, secret) => hidden.replaceAll(secret, "(secret)"), text);
  return lines.map((line) => ({ ...line, found: hide(line.found), fix: hide(line.fix) }));
}

/** A shorter one is a word that may stand in any sentence. */
const SHORTEST_HIDDEN = 6;
