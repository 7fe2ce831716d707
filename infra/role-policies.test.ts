import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import * as z from "zod";
import { buildFunctions } from "../cli/build.ts";
import { bundledFunctions } from "../dev/functions.ts";
import { withHold } from "../dev/hold.ts";
import { type Stack, startStack } from "../dev/stack.ts";
import { checkConnections } from "../lib/connections/load.ts";
import { DEAD_LETTERS, QUEUE_KINDS } from "../lib/connections/queues.ts";
import { type CallRecorder, startCallRecorder } from "../test/support/call-recorder.ts";
import { FUNCTION_NAMES } from "../test/support/function-names.ts";
import { SHORT_HOLD_SECONDS } from "../test/support/length.ts";
import { packagedProject } from "../test/support/package-once.ts";
import { attribute, packagedTemplate, reference, type Statement } from "../test/support/packaged-template.ts";
import { SIGNING_SECRET, standardHeaders } from "../test/support/signed-request.ts";

/**
 * Each role allows exactly what its function does: everything that the function's clients are seen to ask for while it
 * goes through all its paths (applied, limited, refused, unanswered, dead, partly dead), what Lambda itself does in its
 * name, and nothing else.
 */

// Backoff takes seconds, on a busy machine many.
vi.setConfig({ hookTimeout: 240_000 });

const template = packagedTemplate(packagedProject(), "prod");
let recorder: CallRecorder;
let stack: Stack;
/** The variables of each function as the local stack has them: what stands for which resource of the template. */
const localVariables = new Map<string, Readonly<Record<string, string>>>();

beforeAll(async () => {
  recorder = await startCallRecorder();
  stack = await startRecordedStack();
  await goThroughEveryPath();
});

afterAll(async () => {
  await stack?.stop();
  recorder?.stop();
});

test.each(FUNCTION_NAMES)("the role of %s allows what the function does, and nothing else", (name) => {
  const seen = recorder.callsOf(name).map(({ action, on }) => `${action} ${resourceOf(name, on)}`);
  expect([...new Set([...seen, ...lambdasOwn(name)])].sort()).toEqual(allowed(name).sort());
});

/** As `action resource`, the resource by its logical id or, of queues, by its kind. */
function allowed(name: string): string[] {
  const statements = template.statementsOf(name);
  const others = statements.flatMap(({ Action, Resource }) =>
    Action.flatMap((action) =>
      [Resource]
        .flat()
        .flatMap((resource) => (queuePattern(resource) ? [] : [`${action} ${nameOf(resource)}`])),
    ),
  );
  const denials = template.denialsOf(name);
  const queues = template.ofType("AWS::SQS::Queue").map(([, { Properties }]) => String(Properties.QueueName));
  const actions = new Set([...statements, ...denials].flatMap(({ Action }) => Action));
  const ofQueues = [...actions].flatMap((action) =>
    queues
      .filter((queue) => names(statements, action, queue) && !names(denials, action, queue))
      .map((queue) => `${action} ${kindOf(queue.replace("flagbridge-prod-", ""))}`),
  );
  return [...new Set([...others, ...ofQueues])];
}

/** Whether one of the statements is about this action on this queue, as IAM matches the name with a pattern. */
function names(statements: readonly Statement[], action: string, queue: string): boolean {
  return statements.some(
    ({ Action, Resource }) =>
      Action.includes(action) &&
      [Resource].flat().some((resource) => {
        const parts = queuePattern(resource)
          ?.split("*")
          .map((part) => part.replace(/[^\w-]/g, "\\$&"));
        return parts !== undefined && new RegExp(`^${parts.join(".*")}$`).test(queue);
      }),
  );
}

/** The pattern of queues' names in the ARN that a policy has. */
function queuePattern(resource: unknown): string | undefined {
  const arn = z.object({ "Fn::Sub": z.string() }).safeParse(resource).data?.["Fn::Sub"] ?? "";
  return /^arn:\$\{AWS::Partition\}:sqs:\$\{AWS::Region\}:\$\{AWS::AccountId\}:(.+)$/.exec(arn)?.[1];
}

/** What the functions do on one destination's queue they do on every other's of that kind. */
function kindOf(queue: string): string {
  const kind = QUEUE_KINDS.find((one) => queue.startsWith(`${one}-`));
  return `queues of ${kind}${queue.endsWith(DEAD_LETTERS) ? ", dead letters" : ""}`;
}

function nameOf(resource: unknown): string {
  const named = attribute.safeParse(resource);
  if (named.success) return named.data["Fn::GetAtt"][0];
  const secret = /:secret:flagbridge\/prod\/([\w.-]+)-\?{6}"/.exec(JSON.stringify(resource))?.[1];
  return secret === undefined ? String(resource) : holderOf(secret);
}

/** The part of connections.yml that names the secret, in the example and here. */
function holderOf(secret: string): string {
  const destinations = new Map([
    ["launchdarkly-production", "launchdarkly"],
    ["launchdarkly", "launchdarkly"],
    ["posthog-main", "posthog"],
    ["posthog", "posthog"],
  ]);
  return `secrets of ${destinations.get(secret) ?? "connections"}`;
}

/** The resource behind a name on the wire: the one that the same variable names in the template. */
function resourceOf(name: string, on: string): string {
  const variables = localVariables.get(name) ?? {};
  const secrets = variables.SECRET_PREFIX ?? "?";
  if (on.startsWith(secrets)) return holderOf(on.slice(secrets.length));
  const prefix = variables.QUEUE_URL_PREFIX ?? "?";
  if (on.startsWith(prefix)) return kindOf(on.slice(prefix.length));
  const variable = Object.keys(variables).find((one) => variables[one] === on);
  const { Environment } = z
    .object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) })
    .parse(template.functionNamed(name).Properties);
  const named = reference.safeParse(Environment.Variables[variable ?? ""]);
  return named.success ? named.data.Ref : on;
}

/** Its log, and its queues: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
function lambdasOwn(name: string): string[] {
  const queues = template
    .ofType("AWS::Lambda::EventSourceMapping")
    .map(([, { Properties }]) =>
      z.object({ FunctionName: attribute, EventSourceArn: attribute }).parse(Properties),
    )
    .filter(
      ({ FunctionName }) =>
        template.resources[FunctionName["Fn::GetAtt"][0]] === template.functionNamed(name),
    )
    .map(({ EventSourceArn }) =>
      String(template.resources[EventSourceArn["Fn::GetAtt"][0]]?.Properties.QueueName),
    );
  const log = template
    .ofType("AWS::Logs::LogGroup")
    .find(([, { Properties }]) => Properties.LogGroupName === `/aws/lambda/flagbridge-prod-${name}`)?.[0];
  return [
    ...["logs:CreateLogStream", "logs:PutLogEvents"].map((action) => `${action} ${log}`),
    ...queues.flatMap((queue) =>
      ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"].map(
        (action) => `${action} ${kindOf(queue.replace("flagbridge-prod-", ""))}`,
      ),
    ),
  ];
}

const sandbox = "http://localhost:3000/sandbox";
const secrets = {
  launchdarkly: { accessToken: "token" },
  own: { tokens: ["own-token"], signingSecrets: [SIGNING_SECRET] },
  sdk: { writeKeys: ["sdk-key"] },
  other: { writeKeys: ["other-key"] },
  posthog: { projectApiKey: "phc_project" },
  webhook: { signingSecrets: ["signing-secret"] },
};

async function startRecordedStack(): Promise<Stack> {
  const checked = checkConnections({
    launchdarkly: {
      staging: {
        clientSideId: "environment",
        instance: { api: `${sandbox}/launchdarkly`, events: `${sandbox}/launchdarkly` },
        project: "web",
        environment: "staging",
        secret: "launchdarkly",
      },
    },
    posthog: { main: { host: `${sandbox}/posthog`, secret: "posthog" } },
    connections: {
      own: {
        source: "flagbridge",
        secret: "own",
        audiences: { to: ["staging"] },
        metrics: { to: ["staging"], route: "import" },
      },
      sdk: { source: "segment", secret: "sdk", metrics: { to: ["staging"] } },
      other: { source: "segment", secret: "other", metrics: { to: ["staging"] } },
      changes: {
        source: "launchdarkly",
        secret: "webhook",
        posthog: { to: ["main"] },
        sweep: { using: "staging", every: "1h" },
      },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  return startStack({
    port: 0,
    connections: checked.connections,
    secrets: () => secrets,
    batchWindowSeconds: 0,
    functions: async (directory) => {
      await buildFunctions({ outDir: directory });
      // None of what a role allows depends on how long a hold lasts.
      return withHold(bundledFunctions(directory, checked.connections), SHORT_HOLD_SECONDS).map((one) => ({
        ...one,
        variables: (addresses) => {
          const variables = one.variables(recorder.addressesFor(one.name, addresses));
          localVariables.set(one.name, variables);
          return variables;
        },
      }));
    },
    onFunctionLine: () => {},
    onProblem: () => {},
  });
}

async function goThroughEveryPath(): Promise<void> {
  // One secret by itself, then those of all connections.
  await sendOwn(["vip"], ["order-1"]);
  await post("/v1/track", { userId: "ana", event: "Order" }, `Basic ${btoa("sdk-key:")}`);
  // A signed one is remembered, and looked up when it comes again.
  const signed = JSON.stringify({ metricEvents: [metricEvent("order-0")] });
  const headers = standardHeaders(signed, { id: "msg_1", signedAtMs: Date.now() });
  for (let times = 0; times < 2; times += 1) await postText("/c/own", signed, headers);
  await toggle("checkout", { webhook: true });
  await untilDone();
  // Of one message something is dead and something goes on. Of two segments one each; of four events, and of four
  // changes that no webhook brought, all refused together, two are taken, one of the other two is refused, and then the
  // destination fails.
  await faults("segments", { status: 400 }, { status: 500 });
  const fourths = [{ status: 400 }, { fault: "delay", ms: 0 }, { status: 400, times: 2 }, { status: 500 }];
  await faults("events", ...fourths);
  await faults("posthog", ...fourths);
  await sendOwn(["dead", "goes-on"], ["order-2", "order-3", "order-4", "order-5"]);
  for (const flag of ["one", "two", "three", "four"]) await toggle(flag, { webhook: false });
  await sweepEverything();
  await untilDone();
  // A message that comes again as a whole.
  await faults("segments", { status: 500 });
  await faults("events", { status: 500 });
  await faults("posthog", { status: 500 });
  await sendOwn(["again"], ["order-6"]);
  await toggle("again", { webhook: true });
  await untilDone();
  // An answer that is lost leaves the segment's hold standing, and the next one for it finds it so.
  await faults("segments", { fault: "applied-not-answered" });
  await sendOwn(["unanswered"], []);
  await sleep(500);
  await sendOwn(["unanswered"], []);
  await untilDone();
}

async function sendOwn(segments: readonly string[], events: readonly string[]): Promise<void> {
  const body = {
    audienceOperations: segments.map((id) => ({ segment: { id }, contextKey: "ana", action: "add" })),
    metricEvents: events.map(metricEvent),
  };
  await post("/c/own", body, "Bearer own-token");
}

/** A change in LaunchDarkly, with or without its webhook. */
function toggle(flag: string, order: { readonly webhook: boolean }): Promise<void> {
  return post(`/sandbox/launchdarkly/flags/${flag}/toggle`, order);
}

/** The sweeper reads the whole audit log, and queues it in one message. */
function sweepEverything(): Promise<void> {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  return post("/sandbox/functions/audit-log-sweeper", { from });
}

function faults(on: "segments" | "events" | "posthog", ...ordered: readonly object[]): Promise<void> {
  const body = { faults: ordered.map((fault) => ({ fault: "status", on, ...fault })) };
  return post("/sandbox/launchdarkly/faults", body);
}

function metricEvent(id: string): object {
  return { key: "Order", contextKeys: { user: "ana" }, id };
}

function post(path: string, body: object, authorization = ""): Promise<void> {
  return postText(path, JSON.stringify(body), { authorization });
}

async function postText(
  path: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const answer = await fetch(`${stack.url}${path}`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body,
  });
  if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
}

async function untilDone(): Promise<void> {
  const counts = z.object({ queues: z.array(z.object({ waiting: z.number(), inFlight: z.number() })) });
  await vi.waitFor(
    async () => {
      const { queues } = counts.parse(await (await fetch(`${stack.url}/sandbox/queues`)).json());
      for (const queue of queues) expect(queue).toEqual({ waiting: 0, inFlight: 0 });
    },
    { timeout: 60_000, interval: 200 },
  );
}
