import { contextKeyNames } from "../connections/source-traits.ts";
import { isObject } from "../json.ts";
import { textBytes } from "../messages/ascii-json.ts";
import type { Action } from "../messages/operation.ts";
import { MAX_QUEUED_BYTES } from "../messages/queued-bytes.ts";
import { audienceIn, operationOn } from "./audience.ts";
import { segmentTextOf } from "./context.ts";
import { fault, type ItemFault, ignored, isAbsent, type Meaning, parseInner } from "./items.ts";
import { versionId } from "./limits.ts";
import { mparticleAnswers } from "./mparticle-answers.ts";
import { keysIn } from "./mparticle-identities.ts";
import type { Parsed, Source, SourceRequest } from "./source.ts";
import { settleTime } from "./time.ts";
import { MILLISECONDS, readUnixTime } from "./unix-time.ts";

/**
 * mParticle's audience forwarding to an HTTP endpoint (Firehose): each profile says which audiences it entered or left.
 * https://docs.mparticle.com/developers/partners/firehose/
 * https://github.com/mParticle/mparticle-firehose-java-sdk/tree/f819a5b/examples/json
 */
export const mparticle: Source = {
  parse: parseMparticle,
  answers: mparticleAnswers,
};

type Malformed = Extract<Parsed, { readonly kind: "malformed" }>;

/** The facts of one request that apply to every membership. */
type RequestFacts = {
  readonly request: SourceRequest;
  readonly atMs: number;
  /** mParticle's id of the request; undefined when it has none. */
  readonly requestId: string | undefined;
};

const CHANGE = "audience_membership_change_request";
/** These requests change no membership; they only need an answer. */
const WITHOUT_MEMBERS = ["audience_subscription_request", "module_registration_request"] as const;

function parseMparticle(request: SourceRequest): Parsed {
  const { body, receivedAtMs } = request;
  if (!isObject(body)) return malformed("expected a JSON object");
  const { type, id, timestamp_ms: timestamp } = body;
  if (WITHOUT_MEMBERS.some((other) => other === type)) return parseInner([], [], () => "");
  if (type !== CHANGE) return malformed(`type: expected one of ${[CHANGE, ...WITHOUT_MEMBERS].join(", ")}`);
  if (!isAbsent(id) && typeof id !== "string") return malformed("id: expected a text");
  const time = readUnixTime(timestamp, MILLISECONDS);
  if (time === "invalid") return malformed("timestamp_ms: expected Unix milliseconds");
  // A request without profiles only checks that the endpoint answers.
  const profiles = isAbsent(body.user_profiles) ? [] : body.user_profiles;
  if (!Array.isArray(profiles)) return malformed("user_profiles: expected a list");
  const atMs = time === "absent" ? receivedAtMs : settleTime(time, receivedAtMs, 0);
  return parseProfiles(profiles, {
    request,
    atMs,
    requestId: id ? versionId(id, request.digest) : undefined,
  });
}

/**
 * The most memberships of one request: profiles × audiences × keys. The lists in a body of 4 MB could multiply to more than
 * a function's memory.
 */
const MAX_MEMBERSHIPS = 100_000;

/** The bytes of a queued membership besides its key: an id of up to 128 characters, numbers, field names. */
const MEMBERSHIP_BYTES = 256;

/** The number and size of the memberships so far. */
type Spent = { readonly memberships: number; readonly bytes: number };

/** Each audience of each profile is accepted or rejected on its own. A rejection has the index of the profile. */
function parseProfiles(profiles: readonly unknown[], facts: RequestFacts): Parsed {
  if (profiles.length > MAX_MEMBERSHIPS)
    return malformed(`user_profiles: expected at most ${MAX_MEMBERSHIPS}`);
  const meanings: Meaning[] = [];
  const profileOf: number[] = [];
  let spent: Spent = { memberships: 0, bytes: 0 };
  for (const [index, profile] of profiles.entries()) {
    const read = partsOf(profile, facts);
    if (read.kind === "fault") {
      meanings.push(read);
      profileOf.push(index);
      continue;
    }
    // Check before expanding the lists: the product costs memory, not the lists themselves.
    spent = plus(spent, read);
    const problem = problemOf(spent);
    if (problem !== undefined) return malformed(`user_profiles[${index}]: ${problem}`);
    for (const meaning of meaningsOf(read, meanings.length, facts)) {
      meanings.push(meaning);
      profileOf.push(index);
    }
  }
  return parseInner(meanings, profileOf, (profile) => `user_profiles[${profile}]`);
}

function plus(spent: Spent, { audiences, keysOf }: ProfileParts): Spent {
  let { memberships, bytes } = spent;
  let last: { readonly keys: Keys; readonly keyBytes: number } | undefined;
  for (const audience of audiences) {
    const keys = keysOf(audience);
    if (keys !== last?.keys) last = { keys, keyBytes: bytesOf(keys) };
    memberships += keys.length;
    bytes += last.keyBytes;
  }
  return { memberships, bytes };
}

function bytesOf(keys: Keys): number {
  return keys.reduce(
    (sum, key) => sum + MEMBERSHIP_BYTES + (typeof key === "string" ? textBytes(key) : 0),
    0,
  );
}

function problemOf({ memberships, bytes }: Spent): string | undefined {
  if (memberships > MAX_MEMBERSHIPS)
    return `expected at most ${MAX_MEMBERSHIPS} memberships up to here (keys times audiences): send fewer profiles or audiences a request`;
  if (bytes > MAX_QUEUED_BYTES)
    return `expected memberships of at most ${MAX_QUEUED_BYTES / 1_048_576} MB up to here (each key is repeated for each audience): send fewer profiles or audiences a request, or shorter keys`;
  return undefined;
}

type Keys = readonly (string | ItemFault)[];

/** Expands a profile: each of its keys is a member of every audience. */
type ProfileParts = {
  readonly kind: "profile";
  readonly audiences: readonly unknown[];
  /** Returns the profile's keys for an audience: the same list for all that no rule of the connection has other names for. */
  readonly keysOf: (audience: unknown) => Keys;
};

function partsOf(profile: unknown, { request }: RequestFacts): ProfileParts | ItemFault {
  if (!isObject(profile)) return fault("invalid_item", "", "expected an object");
  const audiences = isAbsent(profile.audiences) ? [] : profile.audiences;
  if (!Array.isArray(audiences)) return fault("invalid_item", "audiences", "expected a list");
  const keys = keysIn(profile, contextKeyNames(request.connection));
  const ruled = new Map(
    Object.entries(request.connection.audiences.byAudience ?? {}).flatMap(([id, { contextKey }]) =>
      contextKey ? [[id, keysIn(profile, contextKey)] as const] : [],
    ),
  );
  if (ruled.size === 0) return { kind: "profile", audiences, keysOf: () => keys };
  const keysOf = (audience: unknown): Keys => {
    const id = isObject(audience) ? textOfId(audience.audience_id) : undefined;
    return (typeof id === "string" ? ruled.get(id) : undefined) ?? keys;
  };
  return { kind: "profile", audiences, keysOf };
}

/** `position` is the place of the first membership in the request. */
function meaningsOf(
  { audiences, keysOf }: ProfileParts,
  position: number,
  facts: RequestFacts,
): readonly Meaning[] {
  const meanings: Meaning[] = [];
  for (const [index, audience] of audiences.entries())
    for (const key of keysOf(audience))
      meanings.push(meaningOf(audience, `audiences[${index}]`, key, position + meanings.length, facts));
  return meanings;
}

function meaningOf(
  audience: unknown,
  place: string,
  contextKey: string | ItemFault,
  index: number,
  facts: RequestFacts,
): Meaning {
  if (!isObject(audience)) return fault("invalid_item", place, "expected an object");
  if (audience.action === "attribute_update") return ignored("attribute_update");
  const action = typeof audience.action === "string" ? ACTIONS.get(audience.action) : undefined;
  if (action === undefined)
    return fault("unknown_membership", `${place}.action`, "expected add, delete or attribute_update");
  const id = segmentTextOf(textOfId(audience.audience_id), `${place}.audience_id`);
  if (typeof id !== "string") return id;
  const given = audience.audience_name;
  const name = isAbsent(given) || given === "" ? id : segmentTextOf(given, `${place}.audience_name`);
  if (typeof name !== "string") return name;
  const { request, atMs } = facts;
  const ruled = audienceIn(request, { id, name });
  if (ruled.kind === "ignored") return ruled;
  if (typeof contextKey !== "string") return contextKey;
  const versionedBy = idOf([action, id, contextKey], index, facts);
  return operationOn(ruled, {
    contextKey,
    action,
    version: [atMs, request.receivedAtMs, index, versionedBy],
  });
}

const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ["add", "add"],
  ["delete", "remove"],
]);

/** mParticle's audience ids are numbers. */
function textOfId(id: unknown): unknown {
  return Number.isSafeInteger(id) ? String(id) : id;
}

/** mParticle sends one id for a whole request, so the id of a membership adds its place. */
function idOf(change: readonly string[], index: number, { request, requestId }: RequestFacts): string {
  const { digest } = request;
  return requestId === undefined ? digest(JSON.stringify(change)) : `${requestId}::${index}`;
}

function malformed(message: string): Malformed {
  return { kind: "malformed", message };
}
