import { REFUSALS, type RefusalCode } from "../../functions/ingest/refusal.ts";
import { CORS_HEADERS, METHODS, preflightHeaders } from "../../functions/ingest/route.ts";
import packageJson from "../../package.json" with { type: "json" };
import { ANSWERS, codesOf, REFUSED_ON, type RouteKind, refused } from "./answers.ts";
import { BODIES } from "./bodies/bodies.ts";
import { EXAMPLES } from "./examples.ts";
import { jsonSchemaOf, schemasOf } from "./json-schema.ts";
import { jsonContent, pathsOf, REQUEST_BODIES, ref, refusalName, TAG_NAMES, TAKEN_CONTENT } from "./paths.ts";
import { SECURITY_SCHEMES } from "./security.ts";

/**
 * The OpenAPI document of the HTTP interface, made of what ingest's code has: routes, codes, limits, integrations. It is the
 * same in every deployment: it names no connection, no address and no secret.
 * https://spec.openapis.org/oas/v3.1.0.html
 */
export function openapiDocument() {
  return {
    openapi: "3.1.0",
    info: {
      title: "Flagbridge",
      version: packageJson.version,
      summary: "What customer-data platforms, SDKs and LaunchDarkly send to Flagbridge, and how it answers",
      description: DESCRIPTION,
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    servers: [{ url: "/", description: "Where this document is served" }],
    tags: TAG_NAMES.map((name) => ({ name })),
    paths: pathsOf(),
    components: {
      securitySchemes: SECURITY_SCHEMES,
      parameters: { ContentEncoding: CONTENT_ENCODING },
      headers: HEADERS,
      requestBodies: REQUEST_BODIES,
      responses: responses(),
      schemas: schemas(),
      examples: EXAMPLES,
    },
    "x-any-other-path": ref("responses", "NoSuchRoute"),
    "x-any-other-method": ref("responses", "MethodNotAllowed"),
  };
}

const DESCRIPTION = `Every answer to a request that was understood and authenticated is exactly 200, also when every item in it was rejected; \`/api/v2/segment-targets/…\` answers 204, or 400 when no item is usable. Flagbridge answers so only after the queue has confirmed everything.

The content type of a request is not looked at: the body is JSON, compressed if \`Content-Encoding\` is gzip. The request bodies here are those of which nothing is rejected for its shape; a connection's options can ask for more. Empty parts of a path count for nothing: \`//v1/batch/\` is \`/v1/batch\`.

With \`webhook-signature\` come \`webhook-id\` and \`webhook-timestamp\`, or all three as \`svix-…\`; Segment may sign with \`X-Segment-Signature\` in place of \`X-Signature\`. A sender may also prove itself by \`writeKey\` in the body, and at \`/c/…\` by a token in the header that the connection names or in mParticle's \`account.account_settings.apiKey\`.

Any other path is answered 404 \`no_such_route\`, and any other method of a path here 405 \`method_not_allowed\`. API Gateway itself refuses what does not reach Flagbridge, with another body: over 10 MB (413), more requests a second than \`throttlingRate\` (429), or more at once than Lambda may run (503).`;

const CONTENT_ENCODING = {
  name: "Content-Encoding",
  in: "header",
  description: "Any other value is refused with 415",
  schema: { type: "string", enum: ["gzip", "identity"] },
};

const textHeader = (description: string, schema: object = {}) => ({
  description,
  required: true,
  schema: { type: "string", ...schema },
});

const HEADERS = {
  RetryAfter: textHeader("Seconds after which the same request may be sent again", { pattern: "^[0-9]+$" }),
  Allow: textHeader("The methods that the path allows"),
  AnyOrigin: textHeader("Any page may read the answer", {
    const: CORS_HEADERS["access-control-allow-origin"],
  }),
};

const RETRY_AFTER = { "Retry-After": ref("headers", "RetryAfter") };
const ANY_ORIGIN = { "Access-Control-Allow-Origin": ref("headers", "AnyOrigin") };

function responses() {
  const anywhere = Object.entries(REFUSED_ON).flatMap(([code, on]) => (on === "anywhere" ? [code] : []));
  const kinds = Object.keys(METHODS) as RouteKind[]; // they are the kinds of routes
  return {
    Taken: { description: "Authenticated and understood", content: TAKEN_CONTENT },
    TrackingTaken: {
      description: "Authenticated and understood",
      headers: ANY_ORIGIN,
      content: jsonContent(["Taken"]),
    },
    Preflight: {
      description: "The page may send",
      headers: Object.fromEntries(
        Object.entries(preflightHeaders("")).map(([name, value]) => [
          name,
          textHeader("For the browser", name === "access-control-allow-headers" ? {} : { const: value }),
        ]),
      ),
    },
    Health: { description: "It answers", content: jsonContent(["Health"]) },
    Document: {
      description: "This document",
      headers: ANY_ORIGIN,
      content: { "application/json": { schema: { type: "object", required: ["openapi", "info", "paths"] } } },
    },
    NoSuchRoute: refusal(anywhere.filter(isCodeOf(404)), {}),
    MethodNotAllowed: refusal(anywhere.filter(isCodeOf(405)), { Allow: ref("headers", "Allow") }),
    ...Object.fromEntries(
      kinds.flatMap((kind) =>
        [...codesOf(kind)].map(([status, codes]) => [
          refusalName(kind, status),
          refusal(
            codes,
            {
              ...(status === 503 && RETRY_AFTER),
              ...(kind === "tracking" && ANY_ORIGIN),
            },
            kind,
          ),
        ]),
      ),
    ),
  };
}

const isCodeOf =
  (status: number) =>
  (code: string): code is RefusalCode =>
    Object.entries(REFUSALS).some(([known, its]) => known === code && its === status);

function refusal(codes: readonly RefusalCode[], headers: object, kind?: RouteKind) {
  const own = jsonSchemaOf(refused(codes));
  const schema = kind === "connection" ? { anyOf: [own, ref("schemas", "MixpanelRefused")] } : own;
  return {
    description: `Nothing was taken: ${codes.join(", ")}`,
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { "application/json": { schema } },
  };
}

/** Of requests what a sender may write, of answers what Flagbridge writes. */
function schemas() {
  return { ...schemasOf(Object.entries(ANSWERS), "output"), ...schemasOf(BODIES, "input") };
}
