import { MAX_TRACKING_BYTES, MAX_WEBHOOK_BYTES } from "../../functions/ingest/ingest.ts";
import { METHODS, TRACKING } from "../../functions/ingest/route.ts";
import { INTEGRATION_NAMES } from "../../lib/connections/integrations.ts";
import { connectionName } from "../../lib/connections/schema.ts";
import { codesOf, type RouteKind, TAKEN } from "./answers.ts";
import { capitalized, SEGMENT_TARGETS_BODIES, trackingBodies, WEBHOOK_BODIES } from "./bodies/bodies.ts";
import { examplesAt, trackingExamples } from "./examples.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import { SECURITY } from "./security.ts";

type Part = Readonly<Record<string, unknown>>;

/** Everything below `paths`. */
export function pathsOf(): Readonly<Record<string, Part>> {
  return {
    "/c/{connection}": {
      parameters: [
        {
          name: "connection",
          in: "path",
          required: true,
          description: "Name of a connection in connections.yml",
          schema: jsonSchemaOf(connectionName),
        },
        CONTENT_ENCODING,
      ],
      ...operations("connection", "Send to a connection", (verb) => ({
        operationId: `${verb}ToConnection`,
        requestBody: ref("requestBodies", "Webhook"),
        responses: { 200: ref("responses", "Taken"), ...refusals("connection") },
      })),
    },
    ...Object.fromEntries([...TRACKING].map(([path, call]) => [`/v1/${path}`, trackingPath(path, call)])),
    "/api/v2/segment-targets/{integration}": {
      parameters: [
        {
          name: "integration",
          in: "path",
          required: true,
          description: "LaunchDarkly's key of the integration whose connector made the body",
          schema: { type: "string", enum: INTEGRATION_NAMES },
        },
        CONTENT_ENCODING,
      ],
      ...operations("segment-targets", "Send a body made for LaunchDarkly", (verb) => ({
        operationId: `${verb}SegmentTargets`,
        requestBody: ref("requestBodies", "SegmentTargets"),
        responses: {
          204: { description: "Taken, as LaunchDarkly answers it" },
          ...refusals("segment-targets"),
        },
      })),
    },
    "/health": servicePath("health", "Health", "Whether Flagbridge answers, and its version"),
    "/openapi.json": servicePath("openapi", "Document", "This document"),
  };
}

function trackingPath(path: string, call: string | undefined): Part {
  const { post, options } = operations("tracking", `Send ${call ?? "a batch"}`, (verb) => ({
    operationId: `${verb}V1${path}`,
    requestBody: {
      required: true,
      description: `At most ${MAX_TRACKING_BYTES} bytes inflated`,
      content: jsonContent(trackingBodies(call), trackingExamples(call)),
    },
    responses: { 200: ref("responses", "TrackingTaken"), ...refusals("tracking") },
  }));
  return {
    post: { ...post, parameters: [CONTENT_ENCODING] },
    options: {
      tags: options?.tags,
      summary: "What a browser asks before it sends",
      operationId: `optionsV1${path}`,
      security: [],
      responses: { 204: ref("responses", "Preflight") },
    },
  };
}

function servicePath(kind: "health" | "openapi", response: string, summary: string): Part {
  return operations(kind, summary, (verb) => ({
    operationId: `${verb}${response}`,
    responses: { 200: ref("responses", response), ...refusals(kind) },
  }));
}

const TAGS: Readonly<Record<RouteKind, string>> = {
  connection: "Webhooks",
  tracking: "Tracking API",
  "segment-targets": "Bodies made for LaunchDarkly",
  health: "Service",
  openapi: "Service",
};

export const TAG_NAMES: readonly string[] = [...new Set(Object.values(TAGS))];

/** One operation for each method that the route allows. */
function operations(
  kind: RouteKind,
  summary: string,
  operationOf: (verb: string) => Part,
): Record<string, Part> {
  return Object.fromEntries(
    METHODS[kind].map((method) => {
      const verb = method.toLowerCase();
      return [verb, { tags: [TAGS[kind]], summary, security: SECURITY[kind], ...operationOf(verb) }];
    }),
  );
}

/** The answers that refuse a request of this kind of route, by status. */
function refusals(kind: RouteKind): Part {
  return Object.fromEntries(
    [...codesOf(kind).keys()].map((status) => [status, ref("responses", refusalName(kind, status))]),
  );
}

/** The name of the answer with this status among the document's responses. */
export function refusalName(kind: RouteKind, status: number): string {
  return `${capitalized(kind)}Refused${status}`;
}

export const REQUEST_BODIES = {
  Webhook: {
    required: true,
    description: `The body of the connection's source, at most ${MAX_WEBHOOK_BYTES} bytes inflated. Tealium may also send a form with the JSON in its field \`data\`.`,
    content: {
      ...jsonContent(
        Object.values(WEBHOOK_BODIES).map(({ name }) => name),
        examplesAt("/c/"),
      ),
      "application/x-www-form-urlencoded": {
        schema: { type: "object", required: ["data"], properties: { data: { type: "string" } } },
      },
    },
  },
  SegmentTargets: {
    required: true,
    description: `The body of the integration, at most ${MAX_WEBHOOK_BYTES} bytes inflated`,
    content: jsonContent(
      Object.values(SEGMENT_TARGETS_BODIES).map(({ name }) => name),
      examplesAt("/api/v2/segment-targets/"),
    ),
  },
};

/** Bodies of 200 at `/c/…`. */
export const TAKEN_CONTENT = jsonContent(TAKEN);

/** JSON of one of these schemas, with examples by their names among the document's. */
export function jsonContent(names: readonly string[], examples: readonly string[] = []): Part {
  const [only, ...others] = names.map((name) => ref("schemas", name));
  const schema = others.length === 0 ? only : { anyOf: [only, ...others] };
  const shown = Object.fromEntries(examples.map((name) => [name, ref("examples", name)]));
  return { "application/json": { schema, ...(examples.length > 0 && { examples: shown }) } };
}

export function ref(
  kind: "schemas" | "responses" | "requestBodies" | "parameters" | "headers" | "examples",
  name: string,
): Part {
  return { $ref: `#/components/${kind}/${name}` };
}

const CONTENT_ENCODING = ref("parameters", "ContentEncoding");
