import { isObject } from "../../lib/json.ts";

/** Texts by which the documentation stands for a secret, and words by which people do. */
const SAMPLES = [
  // `api-…`, `phc_…`, and the same with three dots.
  /…|\.\.\./,
  // <your token>, {token}, $TOKEN
  /^<.*>$|^\{.*\}$|^\$/,
  /^(your|my)[-_ ]/i,
  /change[-_ ]?me|replace[-_ ]?me/i,
  /^(api-|phc_|phx_|whsec_)?(example|sample|placeholder|todo|x{3,}[x-]*)$/i,
  // docs/sources/flagbridge.md signs its example with this one, and so does Standard Webhooks.
  /^whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw$/,
];

/** Those of dev/secrets.json and dev/emulated/secrets.json. */
const PUBLIC = /^(dev-[a-z-]+|ph[cx]_(dev|second))$/;

/** Whether a secret holds a sample where its user expects a key. */
export function hasSampleText(secret: unknown): boolean {
  return textsIn(secret).some((text) => SAMPLES.some((sample) => sample.test(text.trim())));
}

/** Whether it holds a key of the local stack's sandbox. */
export function hasPublicText(secret: unknown): boolean {
  return textsIn(secret).some((text) => PUBLIC.test(text));
}

/** Every text in a secret's JSON. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.values(value).flatMap(textsIn) : [];
}
