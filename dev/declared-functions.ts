import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { QUEUE_KINDS, type QueueKind } from "../lib/connections/queues.ts";
import { StartProblem } from "./problem.ts";

/** A function as serverless.yml and its own function.yml have it. */
export type DeclaredFunction = {
  readonly name: string;
  /** The file that says so, for problems: `functions/ingest/function.yml`. */
  readonly place: string;
  /** Name of its bundle: `ingest.cjs`. */
  readonly bundle: string;
  readonly memoryMb: number;
  /** The environment variables of every function and its own, as they are written: text, or what CloudFormation makes text of. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly trigger: DeclaredTrigger;
};

export type DeclaredTrigger =
  | { readonly kind: "http" | "schedule" }
  | {
      readonly kind: "queues";
      /** It reads every queue of this kind. */
      readonly of: QueueKind;
      readonly batchSize: number;
      /** Invocations at a time for each queue. */
      readonly concurrency: number;
    };

export type Declarations = {
  readonly functions: readonly DeclaredFunction[];
  /** The parameters of serverless.yml, as `default` has them. */
  readonly parameters: Readonly<Record<string, unknown>>;
};

const ROOT = join(import.meta.dirname, "..");

const service = z.object({
  params: z.object({ default: z.looseObject({ memory: z.int(), maximumConcurrency: z.int() }) }),
  provider: z.object({ environment: z.record(z.string(), z.unknown()) }),
  functions: z.record(z.string(), z.string().regex(/^\$\{file\([\w/-]+\/function\.yml\):function\}$/)),
});
type Service = z.output<typeof service>;

const folder = z.object({
  function: z.object({
    handler: z.string().regex(/^dist\/[\w-]+\.handler$/),
    events: z.array(z.record(z.string(), z.unknown())).default([]),
    environment: z.record(z.string(), z.unknown()),
  }),
});

/** What infra/ makes the event sources from. */
const { KINDS, batchSizeOf, concurrencyOf } = z
  .object({
    KINDS: z.record(z.enum(QUEUE_KINDS), z.object({ reader: z.string() })),
    batchSizeOf: z.custom<(queue: { kind: QueueKind }) => number>((one) => typeof one === "function"),
    concurrencyOf: z.custom<
      (queue: { kind: QueueKind }, settings: { maximumConcurrency: unknown }) => number
    >((one) => typeof one === "function"),
  })
  .parse(createRequire(import.meta.url)("../infra/queues.cjs"));

/** @throws {StartProblem} when a file is not in the form that is read here, or a function has a trigger that is not known here. */
export function readDeclarations(): Declarations {
  const bundle = read("serverless.yml", service);
  return {
    functions: Object.entries(bundle.functions).map(([name, from]) => readFunction(name, from, bundle)),
    parameters: bundle.params.default,
  };
}

function readFunction(name: string, from: string, { params, provider }: Service): DeclaredFunction {
  const place = from.replace(/^\$\{file\(|\):function\}$/g, "");
  const { handler, environment, events } = read(place, folder).function;
  return {
    name,
    place,
    bundle: handler.replace(/^dist\/|\.handler$/g, "").concat(".cjs"),
    memoryMb: params.default.memory,
    variables: { ...provider.environment, ...environment },
    trigger: triggerOf({ name, place, events: events.flatMap(Object.keys), settings: params.default }),
  };
}

/** A function has one trigger: an event in its function.yml, or the queues that infra/queues.cjs has it read. */
export function triggerOf({
  name,
  place,
  events,
  settings,
}: {
  readonly name: string;
  readonly place: string;
  /** What sort of event each is. */
  readonly events: readonly string[];
  readonly settings: { readonly maximumConcurrency: number };
}): DeclaredTrigger {
  const of = QUEUE_KINDS.find((kind) => KINDS[kind].reader === name);
  const [event, ...others] = [...events, ...(of ? ["queues"] : [])];
  if (others.length === 0) {
    if (of) {
      const concurrency = concurrencyOf({ kind: of }, settings);
      return { kind: "queues", of, batchSize: batchSizeOf({ kind: of }), concurrency };
    }
    if (event === "httpApi") return { kind: "http" };
    if (event === "schedule") return { kind: "schedule" };
  }
  throw new StartProblem(
    `${place}: the local stack does not know what invokes ${name} (found ${[event, ...others].join(", ") || "no event"}): ` +
      "expected one event that is httpApi or schedule, or a kind of queue in infra/queues.cjs. " +
      "Another sort of trigger needs its part in dev/stack.ts and its row in dev/declared-functions.ts.",
  );
}

function read<Schema extends z.ZodType>(place: string, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(parse(readFileSync(join(ROOT, place), "utf8"), { logLevel: "silent" }));
  if (parsed.success) return parsed.data;
  throw new StartProblem(
    `${place} is not in the form that dev/declared-functions.ts reads:\n${z.prettifyError(parsed.error)}`,
  );
}
