import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { openapiDocument } from "../../cli/openapi/document.ts";
import { isObject } from "../../lib/json.ts";

/** The OpenAPI document as a client reads it, and what it says of an answer or of a body. */

/** As JSON, so that it has nothing that JSON does not. */
export const document: unknown = JSON.parse(JSON.stringify(openapiDocument()));

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const validators = new Map<string, ValidateFunction>();
ajv.addSchema(isObject(document) ? document : {}, "document");

export type DocumentedAnswer = {
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

/** Everything in which an answer is not as the document says: its status, its headers, the type and shape of its body. */
export function undocumented(answer: DocumentedAnswer): readonly string[] {
  const { method, path, status, headers, text } = answer;
  const pointer = responsePointer(method, path, status);
  if (pointer === undefined) return [`${status} is no answer of ${method} ${path}`];
  const response = at(pointer);
  const documentedHeaders = Object.keys(recordAt(`${pointer}/headers`)).map((name) => name.toLowerCase());
  const sent = Object.keys(headers).filter((name) => name !== "content-type");
  const content = recordAt(`${pointer}/content`);
  const hasBody = isObject(response) && response.content !== undefined;
  return [
    ...documentedHeaders
      .filter((name) => !sent.includes(name))
      .map((name) => `the header ${name} is missing`),
    ...sent
      .filter((name) => !documentedHeaders.includes(name))
      .map((name) => `the header ${name} is not documented`),
    ...(hasBody && !Object.hasOwn(content, headers["content-type"] ?? "")
      ? ["its content type is not documented"]
      : []),
    ...(hasBody
      ? invalid(JSON.parse(text), `${pointer}/content/application~1json/schema`)
      : text === ""
        ? []
        : ["expected no body"]),
  ];
}

/** What is wrong with a value by a schema of the document; empty when nothing is. `schema` is a name or a JSON pointer. */
export function invalid(value: unknown, schema: string): readonly string[] {
  const pointer = schema.startsWith("/") ? schema : `/components/schemas/${schema}`;
  let validate = validators.get(pointer);
  if (!validate) {
    // By itself the schema has no document around it that its references could mean.
    const text = JSON.stringify(at(pointer)).replaceAll('"#/components/', '"document#/components/');
    validate = ajv.compile(JSON.parse(text));
    validators.set(pointer, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

/** The value at a JSON pointer of the document, with references followed. */
export function at(pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((value, step) => followed(isObject(value) ? value[step] : undefined), document);
}

export function recordAt(pointer: string): Readonly<Record<string, unknown>> {
  const value = at(pointer);
  return isObject(value) ? value : {};
}

function followed(value: unknown): unknown {
  return isObject(value) && typeof value.$ref === "string" ? at(value.$ref.slice(1)) : value;
}

/** The template of the document's path that a path matches; empty parts count for nothing. */
export function templateOf(path: string): string | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  return Object.keys(recordAt("/paths")).find((template) => {
    const wanted = template.split("/").slice(1);
    return (
      wanted.length === parts.length &&
      wanted.every((one, index) => one.startsWith("{") || one === parts[index])
    );
  });
}

function responsePointer(method: string, path: string, status: number): string | undefined {
  const template = templateOf(path);
  if (template === undefined) return status === 404 ? "/x-any-other-path" : undefined;
  const operation = `/paths/${template.replaceAll("/", "~1")}/${method.toLowerCase()}`;
  if (at(operation) === undefined) return status === 405 ? "/x-any-other-method" : undefined;
  const pointer = `${operation}/responses/${status}`;
  return at(pointer) === undefined ? undefined : pointer;
}
