import { createHmac } from "node:crypto";
import { isObject } from "../json.ts";
import { firstElement } from "./first-element.ts";
import { equal, failed, type SignatureScheme, signsBytes } from "./signature.ts";

/**
 * Segment's webhooks: HMAC-SHA1 in hex of the JSON it serialized. `X-Signature` is over the event, of a batch over
 * the first one alone; `X-Segment-Signature`, which the Webhook Audiences destination can send in its place, over the
 * whole batch. The bytes that came are tried first, then what parsing and serializing makes of them, which is how
 * Segment's documentation verifies, then the same without its `extras`. Parsing is work for somebody who has proved
 * nothing, so only what the ends of the body hold whole is parsed: a first event or a body beyond that budget is signed by
 * its bytes, or not at all.
 * https://segment.com/docs/connections/destinations/catalog/actions-webhook/
 * https://github.com/segmentio/action-destinations/blob/main/packages/destination-actions/src/destinations/webhook-audiences/index.ts
 */
export const segmentSignature: SignatureScheme = {
  maySignFirstEventOnly: true,
  header: "X-Signature",
  isPresentIn: (headers) =>
    headers["x-segment-signature"] !== undefined || headers["x-signature"] !== undefined,
  verify: async ({ headers, body }, secrets) => {
    const ofEverything = headers["x-segment-signature"];
    const presented = ofEverything ?? headers["x-signature"] ?? "";
    if (!/^[0-9a-f]{40}$/i.test(presented)) return FAILED;
    const signature = Buffer.from(presented, "hex");
    // Hex in either case is one signature.
    const replay = { scheme: "segment", proven: presented.toLowerCase() } as const;
    const { first: text, isWhole } = await body.ends();
    const first = ofEverything === undefined ? firstElement(text) : undefined;
    if (first || isWhole) {
      if (!signsSomeForm(signature, first?.text ?? text, secrets)) return FAILED;
      return first?.isOnly === false
        ? { kind: "verified", covers: "first-event", replay: { ...replay, standsFor: "several-bodies" } }
        : { kind: "verified", covers: "everything", replay: { ...replay, standsFor: "one-body" } };
    }
    // A list whose first event does not end within the budget: there is none of that size.
    if (ofEverything === undefined && /^[ \t\n\r]*\[/.test(text)) return FAILED;
    const hmacs = secrets.map((secret) => createHmac("sha1", secret));
    return (await signsBytes(body, { hmacs, signatures: [signature] }))
      ? { kind: "verified", covers: "everything", replay: { ...replay, standsFor: "one-body" } }
      : FAILED;
  },
  secretProblem: () => undefined,
};

const FAILED = failed(
  "X-Signature: expected the HMAC-SHA1 of the event in hex, by one of the connection's signingSecrets",
);

function signsSomeForm(signature: Buffer, text: string, secrets: readonly string[]): boolean {
  for (const form of signedForms(text)) {
    if (secrets.some((secret) => equal(createHmac("sha1", secret).update(form).digest(), signature)))
      return true;
  }
  return false;
}

/** Asked for one by one: nearly every signature is that of the bytes. */
function* signedForms(text: string): Generator<string> {
  yield text;
  let value: unknown;
  try {
    value = JSON.parse(text);
    const again = JSON.stringify(value);
    if (again !== text) yield again;
    const signed = JSON.stringify(Array.isArray(value) ? value.map(withoutExtras) : withoutExtras(value));
    if (signed !== again) yield signed;
  } catch (error) {
    // Not JSON, or nested too deeply to be written again: then there is no other form.
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
  }
}

/**
 * An event without the members that Webhook Audiences merged into it after it had signed: those that its setting
 * `extras`, a JSON text, names. Nobody signed their values, so extras that could be read as the event do not count.
 */
function withoutExtras(event: unknown): unknown {
  const names = extraNames(event);
  if (!isObject(event) || names.size === 0) return event;
  return Object.fromEntries(Object.entries(event).filter(([name]) => !names.has(name)));
}

function extraNames(event: unknown): ReadonlySet<string> {
  const text = ["context", "personas", "audience_settings", "extras"].reduce<unknown>(
    (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    event,
  );
  if (typeof text !== "string") return new Set();
  try {
    const extras: unknown = JSON.parse(text);
    const names = isObject(extras) ? Object.keys(extras) : [];
    return new Set(names.some((name) => EVENT_FIELDS.has(name)) ? [] : names);
  } catch {
    return new Set();
  }
}

/** What an event of Segment's is made of, and so may be read. https://segment.com/docs/connections/spec/common/ */
const EVENT_FIELDS: ReadonlySet<string> = new Set([
  "anonymousId",
  "batch",
  "category",
  "channel",
  "context",
  "event",
  "groupId",
  "integrations",
  "messageId",
  "name",
  "originalTimestamp",
  "previousId",
  "properties",
  "receivedAt",
  "sentAt",
  "timestamp",
  "traits",
  "type",
  "userId",
  "version",
  "writeKey",
]);
