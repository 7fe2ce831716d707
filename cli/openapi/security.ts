import { SOURCE_TRAITS } from "../../lib/connections/source-traits.ts";
import type { RouteKind } from "./answers.ts";

/**
 * How senders prove themselves, as OpenAPI can say it. `writeKey` in a body, mParticle's `apiKey` in a body and the header that a
 * connection names have no scheme there: the routes allow a request without any, and their texts name these.
 */
type Scheme = { readonly type: string; readonly description: string; readonly [more: string]: string };

export const SECURITY_SCHEMES: Readonly<Record<string, Scheme>> = {
  writeKey: {
    type: "http",
    scheme: "basic",
    description: "The user name is one of the secret's writeKeys; the password is not looked at.",
  },
  token: { type: "http", scheme: "bearer", description: "One of the secret's tokens." },
  bareToken: inHeader("Authorization", "One of the secret's tokens without Bearer."),
  ...Object.fromEntries(
    signatureHeaders().map((header) => [
      header,
      inHeader(header, `Signature by one of the secret's signingSecrets, of source ${sourcesWith(header)}.`),
    ]),
  ),
};

type Requirement = Readonly<Record<string, readonly string[]>>;

/** What proves the sender on each kind of route: one of these. An empty one stands for what OpenAPI cannot say. */
export const SECURITY: Readonly<Record<RouteKind, readonly Requirement[]>> = {
  connection: [...allOf(signatureHeaders()), ...allOf(["writeKey", "token", "bareToken"]), {}],
  tracking: [...allOf(["writeKey", "token", "bareToken"]), {}],
  "segment-targets": allOf(["token", "bareToken"]),
  health: [],
  openapi: [],
};

function allOf(names: readonly string[]): readonly Requirement[] {
  return names.map((name) => ({ [name]: [] }));
}

function inHeader(name: string, description: string): Scheme {
  return { type: "apiKey", in: "header", name, description };
}

function signatureHeaders(): readonly string[] {
  return Object.values(SOURCE_TRAITS).flatMap(({ signature }) => (signature ? [signature.header] : []));
}

function sourcesWith(header: string): string {
  return Object.entries(SOURCE_TRAITS)
    .filter(([, { signature }]) => signature?.header === header)
    .map(([name]) => name)
    .join(", ");
}
