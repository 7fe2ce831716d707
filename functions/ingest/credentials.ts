import type { CredentialKind } from "../../lib/connections/keyring.ts";
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

/** The members of a body that may hold a key. */
export type KeyMember = "writeKey" | "apiKey";

/**
 * Every text that may be the body's key, found without parsing it: what stands behind the first and the last mentions of
 * the member, at any depth. A body whose key is not among them has none that counts; which of them is the key, if one is
 * right, is found by parsing then. A name or a length that no sender writes is not found.
 */
export function keysMentioned(text: string, member: KeyMember): readonly string[] {
  const name = `"${member}"`;
  const places: number[] = [];
  for (
    let at = text.indexOf(name);
    at !== -1 && places.length < MAX_MENTIONS;
    at = text.indexOf(name, at + 1)
  )
    places.push(at);
  // With fewer than that, all of them are known.
  if (places.length === MAX_MENTIONS) {
    let at = text.lastIndexOf(name);
    for (let count = 0; count < MAX_MENTIONS && at > 0; count += 1, at = text.lastIndexOf(name, at - 1))
      places.push(at);
  }
  return [...new Set(places.flatMap((at) => textBehind(text, at + name.length)))];
}

/** The member itself stands first or last, but for what an SDK writes around it; events in between may have their own. */
const MAX_MENTIONS = 8;

function textBehind(text: string, at: number): readonly string[] {
  const [, value] =
    /^\s{0,8}:\s{0,8}("(?:[^"\\]|\\.){1,512}")/.exec(text.slice(at, at + MAX_VALUE_CHARS)) ?? [];
  if (value === undefined) return [];
  try {
    return [String(JSON.parse(value))];
  } catch {
    return [];
  }
}

const MAX_VALUE_CHARS = 1_100;
