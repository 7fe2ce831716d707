import * as z from "zod";
import { readJson } from "../lib/json.ts";
import type { EventSourceMapping } from "./event-source-mappings.ts";
import { functionArn, lambdaError, namedFunction, pageOf, unknownFunction } from "./lambda-answer.ts";
import { ACCOUNT, REGION } from "./names.ts";
import type { SandboxAnswer, SandboxRequest, SandboxRoute } from "./sandbox/route.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html: never more than 100, whatever is asked for. */
const MOST_PER_PAGE = 100;

const update = z.strictObject({ Enabled: z.boolean().optional() });

/**
 * Lambda's operations on event source mappings: list, look at one, pause and resume it.
 * https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
 */
export function mappingRoutes(
  base: string,
  {
    functionNames,
    mappings,
  }: {
    readonly functionNames: readonly string[];
    /** Those of now: a stack that starts has none yet. */
    readonly mappings: () => readonly EventSourceMapping[];
  },
): readonly SandboxRoute[] {
  const path = `${base}/2015-03-31/event-source-mappings`;
  const list = ({ query }: SandboxRequest): SandboxAnswer => {
    const asked = query.get("FunctionName");
    const name = asked === null ? undefined : namedFunction(asked, functionNames);
    if (asked !== null && name === undefined) return unknownFunction(asked);
    const arn = query.get("EventSourceArn");
    const found = mappings().filter(
      (one) => (name === undefined || one.functionName === name) && (arn === null || one.queueArn === arn),
    );
    const page = pageOf(found, { query, most: MOST_PER_PAGE });
    if (page.kind !== "page") return page;
    return json(200, { EventSourceMappings: page.items.map(viewOf), NextMarker: page.next });
  };
  const one =
    (apply: (mapping: EventSourceMapping, request: SandboxRequest) => SandboxAnswer) =>
    (request: SandboxRequest): SandboxAnswer => {
      const mapping = mappings().find(({ uuid }) => uuid === request.parameters.uuid);
      return mapping ? apply(mapping, request) : unknownMapping;
    };
  return [
    { method: "GET", path, answer: list },
    // As the SDKs of other languages have it.
    { method: "GET", path: `${path}/`, answer: list },
    { method: "GET", path: `${path}/{uuid}`, answer: one((mapping) => json(200, viewOf(mapping))) },
    { method: "PUT", path: `${path}/{uuid}`, answer: one((mapping, { body }) => change(mapping, body)) },
  ];
}

const unknownMapping = lambdaError(
  404,
  "ResourceNotFoundException",
  "The resource you requested does not exist.",
);

function change(mapping: EventSourceMapping, body: string): SandboxAnswer {
  const asked = update.safeParse(readJson(body));
  if (!asked.success) {
    return lambdaError(
      400,
      "InvalidParameterValueException",
      'expected {"Enabled": true or false}: the local stack changes nothing else of a mapping',
    );
  }
  const { Enabled: isToRun } = asked.data;
  const answer = isToRun === undefined ? "accepted" : isToRun ? mapping.resume() : mapping.pause();
  switch (answer) {
    case "accepted":
      return json(202, viewOf(mapping));
    case "in-transition":
      return lambdaError(
        400,
        "ResourceInUseException",
        "Cannot update the event source mapping because it is in use.",
      );
  }
}

/** Lambda gives times in seconds here. */
function viewOf(mapping: EventSourceMapping) {
  return {
    UUID: mapping.uuid,
    BatchSize: mapping.batchSize,
    MaximumBatchingWindowInSeconds: Math.round(mapping.windowMs / 1000),
    EventSourceArn: mapping.queueArn,
    FunctionArn: functionArn(mapping.functionName),
    LastModified: mapping.changedAtMs() / 1000,
    State: mapping.state(),
    StateTransitionReason: "USER_INITIATED",
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    ScalingConfig: { MaximumConcurrency: mapping.concurrency },
    EventSourceMappingArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:event-source-mapping:${mapping.uuid}`,
  };
}

function json(status: number, body: unknown): SandboxAnswer {
  return { kind: "json", status, body };
}
