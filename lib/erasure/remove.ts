import { doubtEntries, type HoldCalls } from "../audience/doubt-entries.ts";
import type { LedgerListing } from "../audience/ledger/listing.ts";
import { sideBySide } from "../delivery/side-by-side.ts";
import type { Context, LookAtSegment } from "../launchdarkly/membership/membership.ts";
import type { SegmentPlace } from "../launchdarkly/membership/places.ts";
import { compareVersions, type Version } from "../messages/version.ts";
import type { SegmentOfPerson } from "./find.ts";
import { type SendPorts, sendChanges } from "./send-changes.ts";

export type RemovePorts = SendPorts & {
  readonly ledger: Pick<LedgerListing, "entries">;
  readonly holds: HoldCalls;
  readonly look: LookAtSegment;
  readonly sleep: (ms: number) => Promise<void>;
};

/** A removal that is in its queue. */
export type SentRemoval = SegmentOfPerson & { readonly version: Version };

/**
 * Why a person is not proven to be out of a segment. `text` is for a person to read, and names no key. `no-way`: no connection or queue
 * leads there; `busy` and `not-queued`: no removal was sent; `waiting`, `dead`, `added-again`: what became of the removal; `unread`:
 * LaunchDarkly does not say who is in it, for the reason `how`; `still-there`: it says that the person is.
 */
export type RemovalProblem =
  | {
      readonly kind: "no-way" | "busy" | "not-queued" | "waiting" | "dead" | "added-again" | "still-there";
      readonly text: string;
    }
  | { readonly kind: "unread"; readonly how: string; readonly text: string };

export type Removals = {
  readonly sent: readonly SentRemoval[];
  readonly problems: readonly RemovalProblem[];
};

/** A hold is given back within seconds, and a stalled one ends within a minute and a half. */
const LONGEST_HOLD_WAIT_MS = 120_000;

/** As the operations of `forget` are called, by which a second run knows that a removal was its own. */
export const FORGET_ID = "forget-";

/**
 * Sends a removal to each segment: with today's time, or with `acceptedAtMs`, the time at which it was asked for. `id` is the
 * operations' own, and their number follows it. `longestHoldWaitMs` is asked before each segment that others may be writing to.
 */
export async function sendRemovals(
  person: Context,
  segments: readonly SegmentOfPerson[],
  {
    id,
    acceptedAtMs,
    longestHoldWaitMs = () => LONGEST_HOLD_WAIT_MS,
  }: {
    readonly id: string;
    readonly acceptedAtMs?: number | undefined;
    readonly longestHoldWaitMs?: (() => number) | undefined;
  },
  ports: RemovePorts,
): Promise<Removals> {
  const sent: SentRemoval[] = [];
  const problems: RemovalProblem[] = [];
  for (const [index, one] of segments.entries()) {
    const { place, entry, membership } = one;
    // What the ledger has as removed and LaunchDarkly has all the same would be skipped for a day.
    if (entry?.action === "remove" && membership.member !== false) {
      const waited = { ...ports, longestWaitMs: longestHoldWaitMs() };
      if ((await doubtEntries(place.ledgerSegment, waited)) === "busy") {
        problems.push({
          kind: "busy",
          text: `${nameOf(place)} is being written all the time: no removal was sent to it.`,
        });
        continue;
      }
    }
    const change = { ...person, action: "remove" as const, after: entry?.version };
    const order = { id: `${id}-${index}`, changes: [change], acceptedAtMs };
    const outcome = await sendChanges(place, order, ports);
    if (outcome.kind === "no-way") {
      problems.push({ kind: "no-way", text: outcome.why });
      continue;
    }
    const [version] = outcome.versions;
    if (outcome.sent === 1 && version) sent.push({ ...one, version });
    else
      problems.push({
        kind: "not-queued",
        text: `${nameOf(place)}: SQS did not take the removal (${outcome.codes.join(", ")}).`,
      });
  }
  return { sent, problems };
}

export function nameOf({ environment, segment, writer }: SegmentPlace): string {
  return `segment "${segment.id}" of ${environment} (${writer})`;
}

export type Patience = {
  readonly untilMs: number;
  readonly onProgress: (done: number, total: number) => void;
  readonly isStopped: () => boolean;
  /** Which removals will not be carried out any more, because they are dead letters, and why: by the operation's id. */
  readonly deadAmong: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;
};

const POLL_MS = 500;
/** A look into the dead letters takes a second, and one is rarely there. */
const POLLS_PER_LOOK = 10;

export type Acknowledged = {
  readonly done: readonly SentRemoval[];
  readonly problems: readonly RemovalProblem[];
};

/** Waits until LaunchDarkly has acknowledged each removal, which is when the ledger has it, or something newer. */
export async function untilAcknowledged(
  person: Context,
  sent: readonly SentRemoval[],
  patience: Patience,
  { ledger, now, sleep }: Pick<RemovePorts, "ledger" | "now" | "sleep">,
): Promise<Acknowledged> {
  const done: SentRemoval[] = [];
  const problems: RemovalProblem[] = [];
  let left = [...sent];
  for (let polls = 1; left.length > 0; polls += 1) {
    const waiting: SentRemoval[] = [];
    for (const one of left) {
      const { ledgerSegment } = one.place;
      const entry = (await ledger.entries(ledgerSegment, person.kind, [person.key])).get(person.key);
      if (!entry || compareVersions(entry.version, one.version) < 0) waiting.push(one);
      else if (entry.action === "remove") done.push(one);
      else
        problems.push({
          kind: "added-again",
          text: `${nameOf(one.place)}: somebody has added the person again meanwhile: stop the source.`,
        });
    }
    const ids = waiting.map(({ version }) => version[3]);
    const dead = polls % POLLS_PER_LOOK === 0 ? await patience.deadAmong(ids) : new Map<string, string>();
    left = waiting.filter(({ version }) => !dead.has(version[3]));
    for (const { place, version } of waiting) {
      const why = dead.get(version[3]);
      if (why !== undefined) problems.push({ kind: "dead", text: `${nameOf(place)}: ${why}.` });
    }
    patience.onProgress(sent.length - left.length, sent.length);
    if (left.length > 0 && (now() + POLL_MS > patience.untilMs || patience.isStopped())) {
      for (const { place } of left)
        problems.push({
          kind: "waiting",
          text: `${nameOf(place)}: the removal is not acknowledged yet, and waits in its queue.`,
        });
      break;
    }
    await sleep(POLL_MS);
  }
  return { done, problems };
}

const READ_BACK_POLL_MS = 2_000;
/** A request's time begins when it is made, not when a connection is free for it: those of thousands would run out in the line. */
const READ_AT_ONCE = 8;
/**
 * LaunchDarkly applies a change of a synced segment within about 30 s.
 * https://launchdarkly.com/docs/guides/integrations/build-synced-segments
 */
const READ_BACK_MS = 90_000;

/** Reads LaunchDarkly until it has the person in none of these segments, or once if nothing can change by itself. Gives what it says of those where that is not so. */
export async function readBack(
  person: Context,
  segments: readonly SegmentOfPerson[],
  {
    look,
    now,
    sleep,
    isPatient,
    isStopped = () => false,
  }: Pick<RemovePorts, "look" | "now" | "sleep"> & {
    readonly isPatient: boolean;
    readonly isStopped?: (() => boolean) | undefined;
  },
): Promise<readonly RemovalProblem[]> {
  const untilMs = now() + (isPatient ? READ_BACK_MS : 0);
  let left = segments;
  for (;;) {
    const unproven: SegmentOfPerson[] = [];
    await sideBySide(left, READ_AT_ONCE, async (one) => {
      const membership = await (await look(one.place)).memberOf(person);
      if (membership.member !== false) unproven.push({ ...one, membership });
    });
    left = unproven;
    const mayChange = left.some(({ membership }) => membership.member === true);
    if (!mayChange || isStopped() || now() + READ_BACK_POLL_MS > untilMs)
      return left.map(({ place, membership: { member, how } }) =>
        member === null
          ? { kind: "unread", how, text: `${nameOf(place)}: LaunchDarkly could not be read back (${how}).` }
          : { kind: "still-there", text: `${nameOf(place)}: LaunchDarkly still has the person.` },
      );
    await sleep(READ_BACK_POLL_MS);
  }
}
