import { SEGMENT_TARGETS_BODIES, WEBHOOK_BODIES } from "../../cli/openapi/bodies/bodies.ts";
import { SOURCE_TRAITS } from "../../lib/connections/source-traits.ts";
import { isObject, type Json } from "../../lib/json.ts";
import { ENVIRONMENT_ID, tokenOf, WRITE_KEY } from "./stand.ts";

/** Other names of a path that is there, which lead to the same code: they would only make the run twice as long. */
const OTHER_NAMES = /^\/v1\/(?:.|import)$/;

/**
 * The document for a run of schemathesis: the two paths with a name in them are there once more for each source and integration, with
 * its body alone, so that most requests get as far as its parser. Other names of a path are left out, and compression, which
 * its requests do not have. Everything else is as it is served.
 */
export function runDocument(served: unknown): Json {
  const document = objectIn(served);
  const paths = objectIn(document.paths);
  const webhooks = objectIn(paths[WEBHOOKS]);
  const targets = objectIn(paths[TARGETS]);
  const bySource = Object.entries(WEBHOOK_BODIES).map(
    ([source, { name }]) => [`/c/${source}`, only(webhooks, source, name)] as const,
  );
  const byIntegration = Object.entries(SEGMENT_TARGETS_BODIES).map(
    ([integration, { name }]) =>
      [TARGETS.replace("{integration}", integration), only(targets, integration, name)] as const,
  );
  const others = Object.entries(paths).filter(([path]) => !OTHER_NAMES.test(path) && path !== TARGETS);
  const components = objectIn(document.components);
  const parameters = objectIn(components.parameters);
  const ContentEncoding = { ...objectIn(parameters.ContentEncoding), schema: { const: "identity" } };
  // A body that names another environment than those of the connection is refused.
  const schemas = { ...objectIn(components.schemas), EnvironmentId: { const: ENVIRONMENT_ID } };
  return {
    ...document,
    paths: {
      ...Object.fromEntries([...others, ...bySource, ...byIntegration]),
      // No connection has any other name: one body is enough.
      [WEBHOOKS]: withBody(webhooks, "unknown", "FlagbridgeBody"),
    },
    components: { ...components, schemas, parameters: { ...parameters, ContentEncoding } },
  };
}

const WEBHOOKS = "/c/{connection}";
const TARGETS = "/api/v2/segment-targets/{integration}";

/** The path with its name filled in. */
function only({ parameters, ...operations }: Json, name: string, body: string): Json {
  const rest = Array.isArray(parameters) ? parameters.filter((one) => objectIn(one).in !== "path") : [];
  return { ...withBody(operations, name, body), parameters: rest };
}

function withBody({ parameters, ...operations }: Json, name: string, body: string): Json {
  const content = { "application/json": { schema: { $ref: `#/components/schemas/${body}` } } };
  const own = Object.entries(operations).map(([verb, operation]) => [
    verb,
    { ...objectIn(operation), operationId: `${verb}-${name}`, requestBody: { required: true, content } },
  ]);
  return { parameters, ...Object.fromEntries(own) };
}

function objectIn(value: unknown): Json {
  if (!isObject(value)) throw new Error("expected the OpenAPI document that ingest serves");
  return value;
}

/** What schemathesis is told besides: who sends. `header` of each path, as TOML. */
export function runSettings(): string {
  const headers = (path: string, authorization: string) =>
    `[[operations]]\ninclude-path-regex = ${JSON.stringify(path)}\nheaders = { Authorization = ${JSON.stringify(authorization)} }\n`;
  const basic = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}`;
  return [
    ...Object.keys(SOURCE_TRAITS).map((source) => headers(`^/c/${source}$`, `Bearer ${tokenOf(source)}`)),
    headers("^/v1/", basic),
    headers("^/api/v2/segment-targets/", `Bearer ${tokenOf("flagbridge")}`),
  ].join("\n");
}
