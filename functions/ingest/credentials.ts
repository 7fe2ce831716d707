import type { CredentialKind } from "../../lib/connections/find.ts";
import { isObject } from "../../lib/json.ts";

/** A key that a request carries, and of which kind it claims to be. */
export type Presented = { readonly kind: CredentialKind; readonly key: string };

export type Headers = Readonly<Record<string, string | undefined>>;

/** The user name of Basic authentication is a write key: so the SDKs of Segment and RudderStack authenticate. */
export function basicCredential({ authorization = "" }: Headers): Presented | undefined {
  const match = /^basic(?:\s+(.*))?$/i.exec(authorization.trim());
  if (!match) return undefined;
  const [user = ""] = Buffer.from(match[1] ?? "", "base64")
    .toString("utf8")
    .split(":");
  return { kind: "writeKeys", key: user };
}

/** The `writeKey` of a body: some SDKs send no header at all. */
export function bodyCredential(body: unknown): Presented | undefined {
  if (typeof body !== "object" || body === null || !("writeKey" in body)) return undefined;
  const { writeKey } = body;
  return typeof writeKey === "string" && writeKey !== "" ? { kind: "writeKeys", key: writeKey } : undefined;
}

/** The value of Authorization is a token, with or without `Bearer`: LaunchDarkly's own API takes it bare. */
export function tokenCredential({ authorization = "" }: Headers): Presented | undefined {
  const key = authorization.trim().replace(/^bearer\s+/i, "");
  return key === "" ? undefined : { kind: "tokens", key };
}

/** The header that the connection names, for vendors that cannot set Authorization. */
export function headerCredential(headers: Headers, name: string | undefined): Presented | undefined {
  const key = name === undefined ? undefined : headers[name];
  return key === undefined || key === "" ? undefined : { kind: "tokens", key };
}

/** A key of ours among mParticle's settings for a partner, which stand in every body. */
export function accountCredential(body: unknown): Presented | undefined {
  const key = ["account", "account_settings", "apiKey"].reduce<unknown>(
    (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    body,
  );
  return typeof key === "string" && key !== "" ? { kind: "tokens", key } : undefined;
}
