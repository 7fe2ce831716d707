import * as z from "zod/mini";
import {
  audienceOperationsMessage,
  isAudienceOperationsMessage,
} from "../../lib/messages/audience-operations.ts";
import { flagQueueMessage, isFlagQueueMessage } from "../../lib/messages/flag-changes.ts";
import { isMetricEventsMessage, metricEventsMessage } from "../../lib/messages/metric-events.ts";
import {
  type Comparison,
  type Figure,
  figureOf,
  GateError,
  type MeasuredVariants,
  ratioOf,
  type Variant,
  type Work,
} from "../scenario.ts";
import { ajvGuard } from "../work/ajv-guard.ts";
import { FULL_MESSAGES } from "../work/full-messages.ts";

/** As many full messages as an event of Lambda holds: a batch. */
const MESSAGES = 100;

const KINDS = {
  operations: { schema: audienceOperationsMessage, isRight: isAudienceOperationsMessage },
  events: { schema: metricEventsMessage, isRight: isMetricEventsMessage },
  changes: { schema: flagQueueMessage, isRight: isFlagQueueMessage },
} satisfies Record<keyof typeof FULL_MESSAGES, object>;
type Kind = keyof typeof KINDS;

const WAYS = ["parse", "hand", "compiled", "ajv", "schema"] as const;
type Way = (typeof WAYS)[number];

const LABELS = {
  parse: "JSON.parse, to compare with",
  hand: "our guard",
  compiled: "zod's compiled check",
  ajv: "Ajv's generated check",
  schema: "the schema",
} satisfies Record<Way, string>;

/** Whether a message is right: our guards beside what is made of the same schemas, and beside the schemas themselves. */
export const guards: Comparison = {
  kind: "comparison",
  name: "guards",
  about: `CPU of checking a full message of 60 KB that is right, ${MESSAGES} of which are a batch, and of JSON.parse before it`,
  repetitions: 5,
  variants: Object.fromEntries([
    ...kinds().flatMap((kind) => WAYS.map((way) => [`${kind} ${way}`, variantOf(kind, way)])),
    ...kinds().map((kind) => [`${kind} compile`, { prepare: async () => compiling(kind) }]),
  ]),
  figures: (measured) => kinds().flatMap((kind) => figuresOf(kind, measured)),
};

function kinds(): Kind[] {
  return ["operations", "events", "changes"];
}

function figuresOf(kind: Kind, measured: MeasuredVariants): Figure[] {
  const hand = measured[`${kind} hand`];
  const compile = measured[`${kind} compile`];
  if (!hand || !compile) throw new RangeError("every variant is measured");
  return [
    ...WAYS.flatMap((way) => {
      const taken = measured[`${kind} ${way}`];
      if (!taken) return [];
      const figure = figureOf(`${kind}: ${LABELS[way]}`, "µs/message", taken.cpuUs);
      return way === "hand"
        ? [figure]
        : [figure, ratioOf(`${kind}: ${LABELS[way]} / our guard`, taken, hand)];
    }),
    figureOf(`${kind}: compiling the schema in a new process`, "µs", compile.cpuUs),
  ];
}

function variantOf(kind: Kind, way: Way): Variant {
  return { ...(way === "ajv" && { needs: "peers" }), prepare: async () => checking(kind, way) };
}

function checking(kind: Kind, way: Way): Work {
  const body = FULL_MESSAGES[kind]();
  const isRight = checkOf(kind, way);
  // A message each: an object that was looked at before is in the processor's cache.
  const values: unknown[] = Array.from({ length: MESSAGES }, () =>
    way === "parse" ? body : JSON.parse(body),
  );
  return {
    items: MESSAGES,
    warmUpRounds: 20,
    rounds: 40,
    gate: async () => {
      if (!values.every(isRight)) throw new GateError("a message that is right does not pass");
      if (way !== "parse" && isRight({ ...JSON.parse(body), extra: 1 }))
        throw new GateError("a message with a member too much passes");
    },
    round: async () => {
      for (const value of values) isRight(value);
    },
  };
}

function checkOf(kind: Kind, way: Way): (value: unknown) => boolean {
  const { schema, isRight }: { schema: z.core.$ZodType; isRight: (value: unknown) => boolean } = KINDS[kind];
  switch (way) {
    case "parse":
      return (value) => JSON.parse(String(value)) !== undefined;
    case "hand":
      return isRight;
    case "compiled": {
      const compiled = z.compile(schema, { strict: true });
      return (value) => z.validate(compiled, value);
    }
    case "ajv":
      return ajvGuard(schema);
    case "schema":
      return (value) => z.safeParse(schema, value).success;
  }
}

/** Once, and nothing before it: what a cold start would pay. */
function compiling(kind: Kind): Work {
  return {
    items: 1,
    warmUpRounds: 0,
    rounds: 1,
    gate: async () => {},
    round: async () => void z.compile(KINDS[kind].schema, { strict: true }),
  };
}
