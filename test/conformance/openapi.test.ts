import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { SEGMENT_TARGETS_BODIES, trackingBodies, WEBHOOK_BODIES } from "../../cli/openapi/bodies/bodies.ts";
import { OPENAPI_PATH, openapiYaml } from "../../cli/openapi.ts";
import { REFUSALS } from "../../functions/ingest/refusal.ts";
import { METHODS, routeOf, TRACKING } from "../../functions/ingest/route.ts";
import { isObject } from "../../lib/json.ts";
import { REJECTION_CODES } from "../../lib/sources/source.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import { at, document, invalid, recordAt } from "../support/openapi-document.ts";
import { vectorsFolder } from "../support/vectors-folder.ts";

/** openapi.yaml and the code. That real answers are as it says, `ingestInMemory` holds for every test that calls ingest. */

test("openapi.yaml is what `npm run openapi` writes", () => {
  expect(readFileSync(OPENAPI_PATH, "utf8")).toBe(openapiYaml());
});

test("the document is valid OpenAPI 3.1, with every reference resolved", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(isObject(document) ? { ...document } : {});
  expect({ valid, errors, version: validator.version }).toEqual({
    valid: true,
    errors: undefined,
    version: "3.1",
  });
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(
    ([, pointer = ""]) => pointer,
  );
  expect(references.filter((pointer) => at(pointer) === undefined)).toEqual([]);
});

test("the document has no component that nothing refers to", () => {
  const text = JSON.stringify(document);
  const unused = ["schemas", "responses", "requestBodies", "parameters", "headers", "examples"].flatMap(
    (kind) =>
      Object.keys(recordAt(`/components/${kind}`)).filter(
        (name) => !text.includes(`"#/components/${kind}/${name}"`),
      ),
  );
  expect(unused).toEqual([]);
});

describe("the paths of the document", () => {
  const paths = Object.keys(recordAt("/paths"));
  const sample = (path: string) => path.replace("{connection}", "tealium").replace("{integration}", "zeotap");
  const ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

  test.each(paths)("%s has the methods that ingest takes there, and no other", (path) => {
    const taken = ALL_METHODS.filter(
      (method) => routeOf({ method, path: sample(path), headers: {} }).kind !== "refused",
    );
    const operations = Object.keys(recordAt(`/paths/${path.replaceAll("/", "~1")}`));
    expect(operations.filter((name) => name !== "parameters").toSorted()).toEqual(
      taken.map((method) => method.toLowerCase()).toSorted(),
    );
    const refused = routeOf({ method: "DELETE", path: sample(path), headers: {} });
    expect(refused).toMatchObject({ code: "method_not_allowed" });
  });

  test("are every path that ingest takes", () => {
    const kinds = paths.map((path) => routeOf({ method: "POST", path: sample(path), headers: {} }).kind);
    const services = paths.map((path) => routeOf({ method: "GET", path: sample(path), headers: {} }).kind);
    expect([...new Set([...kinds, ...services])].toSorted()).toEqual(
      ["refused", ...Object.keys(METHODS)].toSorted(),
    );
    expect(paths.filter((path) => path.startsWith("/v1/")).toSorted()).toEqual(
      [...TRACKING.keys()].map((path) => `/v1/${path}`).toSorted(),
    );
  });
});

describe("the codes of the document", () => {
  /** Every code of a refusal with its status, by where it stands. */
  function codesIn(responses: Readonly<Record<string, unknown>>): readonly (readonly [string, number])[] {
    return Object.entries(responses).flatMap(([status, response]) => {
      const codes = [...JSON.stringify(response).matchAll(/"code":\{"type":"string","enum":(\[[^\]]*\])/g)];
      return codes.flatMap(([, list = "[]"]) =>
        JSON.parse(list).map((code: string) => [code, Number(status)] as const),
      );
    });
  }

  test("are those of the code, each with its status", () => {
    const inOperations = Object.values(recordAt("/paths")).flatMap((path) =>
      Object.values(isObject(path) ? path : {}).flatMap((operation) => {
        const responses = isObject(operation) && isObject(operation.responses) ? operation.responses : {};
        const resolved = Object.entries(responses).map(([status, response]) => [
          status,
          isObject(response) && typeof response.$ref === "string" ? at(response.$ref.slice(1)) : response,
        ]);
        return codesIn(Object.fromEntries(resolved.filter(([status]) => Number(status) >= 400)));
      }),
    );
    const anywhere = codesIn({ 404: at("/x-any-other-path"), 405: at("/x-any-other-method") });
    expect(Object.fromEntries([...inOperations, ...anywhere])).toEqual(REFUSALS);
  });

  test("have those of rejected items, and no other", () => {
    expect(at("/components/schemas/Taken/properties/rejected/items/properties/code/enum")).toEqual(
      REJECTION_CODES,
    );
  });
});

/** Vectors whose fault no schema can say, with what it depends on. */
const BEYOND_SCHEMAS = new Set([
  // an option of the connection
  "amplitude/in-cohort-text",
  // the text of a value
  ...["distinct-id", "email", "expression", "liquid", "segment"].map((name) => `posthog/template-${name}`),
  "launchdarkly/not-an-entry-id-no-unicode",
  // which connection a key is for
  "flagbridge/tracking-route",
]);
/** Vectors of which nothing is rejected, because nobody looks at what is wrong in them. */
const NOT_LOOKED_INTO = new Set(["segment/call-without-audience-is-not-looked-into"]);

describe.each(Object.keys(SOURCES))("the request bodies of source %s", (source) => {
  const folder = join(import.meta.dirname, "../vectors", vectorsFolder(source));
  const vectors = globSync("*.json", { cwd: folder }).flatMap((file) => {
    const vector = JSON.parse(readFileSync(join(folder, file), "utf8"));
    return vector.text === undefined ? [{ file: `${source}/${basename(file, ".json")}`, ...vector }] : [];
  });
  const complaints = ({ path, body }: { readonly path: string; readonly body: unknown }) => {
    const names = path.startsWith("/v1/")
      ? trackingBodies(TRACKING.get(path.slice("/v1/".length)))
      : [WEBHOOK_BODIES[source]?.name ?? ""];
    const all = names.map((name) => invalid(body, name));
    return all.some((list) => list.length === 0) ? [] : all.flat();
  };

  test("have every vector of which nothing is rejected", () => {
    const taken = vectors.filter(({ expect }) => expect.rejected?.length === 0);
    expect(taken.length).toBeGreaterThan(0);
    const wrong = taken.filter((vector) => complaints(vector).length > 0).map(({ file }) => file);
    expect(wrong.filter((file) => !NOT_LOOKED_INTO.has(file))).toEqual([]);
  });

  test("have no vector that is refused for its shape", () => {
    const refused = vectors.filter(({ expect }) => expect.refused?.code === "malformed_request");
    const passing = refused.filter((vector) => complaints(vector).length === 0).map(({ file }) => file);
    expect(passing.filter((file) => !BEYOND_SCHEMAS.has(file))).toEqual([]);
  });
});

describe("the examples of the document", () => {
  const media = [
    ...["Webhook", "SegmentTargets"].map((name) => `/components/requestBodies/${name}`),
    ...[...TRACKING.keys()].map((path) => `/paths/~1v1~1${path}/post/requestBody`),
  ].map((pointer) => `${pointer}/content/application~1json`);

  test("are bodies as their schema has them", () => {
    const wrong = media.flatMap((pointer) =>
      Object.keys(recordAt(`${pointer}/examples`)).flatMap((name) =>
        invalid(at(`${pointer}/examples/${name}/value`), `${pointer}/schema`).map(
          (problem) => `${pointer} ${name}${problem}`,
        ),
      ),
    );
    expect(wrong).toEqual([]);
  });

  test("are there for every source that sends to a connection", () => {
    const names = Object.keys(recordAt(`${media[0]}/examples`));
    const sources = Object.keys(SOURCES).filter((source) => names.some((name) => name.startsWith(source)));
    expect(sources).toEqual(Object.keys(SOURCES));
  });
});

test("the request bodies of /api/v2/segment-targets have every vector that is taken whole, and none that is malformed", () => {
  const folder = join(import.meta.dirname, "../vectors/segment-targets");
  const seen = globSync("*.json", { cwd: folder }).flatMap((file) => {
    const { integration, body, expect, connection } = JSON.parse(readFileSync(join(folder, file), "utf8"));
    const name = SEGMENT_TARGETS_BODIES[integration]?.name ?? "";
    // Which environments a connection has, and whether it has any, no schema knows.
    const isShape =
      expect.code === "malformed_request" && !/client-side ID|no audiences/.test(expect.message);
    const isTaken = expect.rejected !== undefined && Object.keys(expect.rejected).length === 0;
    const isValid = invalid(body, name).length === 0;
    if (!isShape && !isTaken) return [];
    return isValid === isTaken ? ["as expected"] : [`${file} of source ${connection.source}`];
  });
  expect([...new Set(seen)]).toEqual(["as expected"]);
});
