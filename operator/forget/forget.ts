import type { LedgerListing } from "../../lib/audience/ledger/listing.ts";
import { aloneInQueues } from "../../lib/erasure/alone.ts";
import {
  type FindPorts,
  type FoundPerson,
  findPerson,
  type OutOfReach,
  type SegmentOfPerson,
} from "../../lib/erasure/find.ts";
import { hiddenMessages, isDelayed } from "../../lib/erasure/hidden-messages.ts";
import {
  FORGET_ID,
  nameOf,
  type Patience,
  type RemovePorts,
  readBack,
  sendRemovals,
  untilAcknowledged,
} from "../../lib/erasure/remove.ts";
import { type SweepPorts, type Swept, sweepDeadLetters, sweepWaiting } from "../../lib/erasure/sweep.ts";
import { sweepFreeLetters } from "../../lib/erasure/sweep-free-letters.ts";
import { untilOlderIsThrough } from "../../lib/erasure/until-older-is-through.ts";
import type { Context } from "../../lib/launchdarkly/membership/membership.ts";
import type { Bundle } from "../bundle.ts";
import { walkLetters } from "../dead-letters/walk.ts";
import { OperatorProblem } from "../problem.ts";

/** What there is of a person, and what would be done about it. */
export type ForgetPlan = {
  readonly person: Context;
  readonly found: FoundPerson;
  /** Where the person is, by the ledger or by LaunchDarkly. */
  readonly memberIn: readonly SegmentOfPerson[];
  /** These, and those whose last word is a removal by somebody else: something older could still bring the person back. */
  readonly toRemove: readonly SegmentOfPerson[];
  readonly deadLetters: number;
  readonly waiting: number;
  /** When it was made, Unix ms. */
  readonly madeAtMs: number;
  /** Messages that may name the person were on their way: what they bring is not in the plan. */
  readonly mayBeOutdated: boolean;
};

export type Forgotten = {
  readonly removed: readonly {
    readonly environment: string;
    readonly writer: string;
    readonly segment: string;
  }[];
  /** Dead letters that named the person, and are gone or name only others. */
  readonly deadLetters: number;
  /** The same of messages that waited. */
  readonly pending: number;
  /** LaunchDarkly was read back without the person in every segment that the ledger knows. */
  readonly confirmed: boolean;
};

export type ForgetReport = Forgotten & {
  readonly problems: readonly string[];
  /** Segments whose entry in the ledger keeps older operations out, until `keptUntilMs`. */
  readonly entries: number;
  readonly keptUntilMs: number;
  readonly backupsUntilMs: number;
  /** Removal entries that were deleted at once. */
  readonly deletedEntries: number;
};

export type ForgetPorts = Omit<SweepPorts, "bundle"> &
  FindPorts &
  Omit<RemovePorts, "bundle"> & {
    readonly bundle: Pick<Bundle, "queues" | "connections" | "namePrefix">;
    readonly ledger: Pick<LedgerListing, "scan" | "entries" | "forgetEntries">;
  };

/**
 * Finds all there is of a person. Nothing is changed.
 * @throws {OperatorProblem} when other erasures go through the waiting messages all the time
 */
export async function planForget(person: Context, ports: ForgetPorts): Promise<ForgetPlan> {
  const madeAtMs = ports.now();
  const hidden = await hiddenMessages(ports);
  const found = await findPerson(person, ports);
  const [dead, waiting] = await Promise.all([
    sweepDeadLetters([person], { mode: "look" }, ports),
    aloneInQueues(() => sweepWaiting([person], { mode: "look" }, ports), LONGEST_WALK_WAIT_MS, ports),
  ]);
  // Not counted is not "none": who is asked whether to go on would be told too little.
  if (waiting === "busy")
    throw new OperatorProblem(
      "other erasures go through the waiting messages all the time, and nothing was changed: run the command again in some minutes.",
    );
  return {
    person,
    found,
    ...placesOf(found),
    deadLetters: dead.messages,
    waiting: waiting.messages,
    madeAtMs,
    mayBeOutdated: hidden.inFlight || isDelayed(hidden) || waiting.messages > 0,
  };
}

function placesOf(found: FoundPerson): Pick<ForgetPlan, "memberIn" | "toRemove"> {
  const memberIn = found.segments.filter(
    ({ entry, membership }) => entry?.action === "add" || membership.member === true,
  );
  const toRemove = found.segments.filter(
    (one) => memberIn.includes(one) || (one.entry && !one.entry.version[3].startsWith(FORGET_ID)),
  );
  return { memberIn, toRemove };
}

/** Whether there is anything to be done about the person. */
export function isNothingToDo({ toRemove, deadLetters, waiting }: ForgetPlan): boolean {
  return toRemove.length + deadLetters + waiting === 0;
}

export type ForgetOptions = Pick<Patience, "untilMs" | "onProgress" | "isStopped"> & {
  /** Tells the operations of one run from those of another. */
  readonly runId: string;
  /** Delete the removals from the ledger once nothing needs them any more. */
  readonly deletesEntries: "yes" | "no";
  /** How long the ledger keeps a removal, and the backups of its table anything, in ms. */
  readonly entryMs: number;
  readonly backupMs: number;
  /** Told how long it may take, in ms, before what functions have in their hands is waited for. */
  readonly onInHand: (longestMs: number) => void;
};

/**
 * Takes a person out of everything that is planned: what waits first, then every segment, then the dead letters; then LaunchDarkly is
 * read back. Each step can be repeated: a run that was stopped is finished by the next.
 */
export async function forget(
  plan: ForgetPlan,
  options: ForgetOptions,
  ports: ForgetPorts,
): Promise<ForgetReport> {
  const { person } = plan;
  const { isStopped } = options;
  const through = {
    sinceMs: plan.madeAtMs,
    untilMs: ports.now() + (options.untilMs - ports.now()) * SHARE_OF_OLDER,
    isStopped,
    onWait: options.onInHand,
  };
  const before = await untilOlderIsThrough(through, ports);
  const alone = await aloneInQueues(
    () => sweepWaiting([person], { mode: "cut" }, ports),
    LONGEST_WALK_WAIT_MS,
    ports,
  );
  const pending = alone === "busy" ? NOT_SWEPT : alone;
  // What a function took after the first look was in nobody's walk.
  const after = await untilOlderIsThrough(through, ports);
  const found = plan.mayBeOutdated ? await findPerson(person, ports) : plan.found;
  const { memberIn, toRemove } = placesOf(found);
  const { sent, problems: unsent } = await sendRemovals(
    person,
    toRemove,
    { id: `${FORGET_ID}${options.runId}` },
    ports,
  );
  const deadAmong = (ids: readonly string[]) => deadReasons(ids, ports);
  const acknowledged = await untilAcknowledged(person, sent, { ...options, deadAmong }, ports);
  const letters = { mode: "cut", isStopped, patienceMs: LETTERS_WAIT_MS } as const;
  const dead = await sweepFreeLetters([person], letters, ports);
  const notBack = await readBack(person, toRemove, {
    ...ports,
    isPatient: acknowledged.problems.length === 0,
  });
  const unread = found.segments
    .filter((one) => !toRemove.includes(one) && one.membership.member !== false)
    .map(({ place, membership }) => `${nameOf(place)}: LaunchDarkly could not be read (${membership.how}).`);
  const outOfReach = found.outOfReach.map(
    ({ segment, why }) => `${segment.segment} of ${segment.environment}: ${WHY[why]}.`,
  );
  const unproven = [...unsent, ...acknowledged.problems, ...notBack].map(({ text }) => text);
  const unseen = [
    ...(isDelayed(after)
      ? [
          "operations or events are delayed, and may name the person: run the command again when they are through.",
        ]
      : []),
    ...(before.inFlight || after.inFlight
      ? [
          `a function had messages in its hands all the time that may name the person: run the command again with --wait ${Math.ceil(after.inHandMs / SHARE_OF_OLDER / 1_000)} or more.`,
        ]
      : []),
    ...(!dead.areOthersAtIt
      ? []
      : [
          "somebody else was walking through dead letters, which are not to be seen then: run the command again.",
        ]),
  ];
  const unconfirmed = [...unproven, ...unread, ...outOfReach, ...unseen];
  const isConfirmed = unconfirmed.length === 0;
  const problems = [
    ...unconfirmed,
    ...sweepProblems("dead letters", dead),
    ...sweepProblems("waiting messages", pending),
  ];
  const withEntries = found.segments.filter((one) => toRemove.includes(one) || one.entry);
  const deletedEntries =
    options.deletesEntries === "yes" && isConfirmed && isClean(dead) && isClean(pending)
      ? await deleteEntries(person, withEntries, ports)
      : 0;
  return {
    removed: memberIn
      .filter((one) => acknowledged.done.some(({ place }) => place === one.place))
      .map(({ place }) => ({
        environment: place.environment,
        writer: place.writer,
        segment: place.segment.id,
      })),
    deadLetters: dead.messages,
    pending: pending.messages,
    confirmed: isConfirmed,
    problems,
    entries: withEntries.length - deletedEntries,
    keptUntilMs: ports.now() + options.entryMs,
    backupsUntilMs: ports.now() + options.backupMs,
    deletedEntries,
  };
}

const WHY = {
  environment: "connections.yml has no environment with this client-side ID",
  digest: "its name is longer than the ledger keeps: remove the person through its source",
} satisfies Record<OutOfReach, string>;

/** Of the time that may be waited. The rest is for the removals: of a quarter of an hour more than three minutes. */
const SHARE_OF_OLDER = 0.75;

/** Who was killed with dead letters in hand gives them back after two minutes, and SQS's counts are exact within one. */
const LETTERS_WAIT_MS = 180_000;

/** The lock of an erasure that was killed ends within three minutes. */
const LONGEST_WALK_WAIT_MS = 200_000;

const NOT_SWEPT: Swept = { messages: 0, unclear: 0, failed: 0, isWhole: false };

/** Whether nothing is left that names the person. */
function isClean({ unclear, failed, isWhole }: Swept): boolean {
  return isWhole && unclear + failed === 0;
}

function sweepProblems(what: string, { unclear, failed, isWhole }: Swept): readonly string[] {
  return [
    ...(isWhole ? [] : [`other erasures go through the ${what} all the time: run the command again.`]),
    ...(unclear > 0
      ? [
          `${unclear} ${what} cannot be read as messages and have the key in them: flagbridge dead-letters show.`,
        ]
      : []),
    ...(failed > 0 ? [`${failed} ${what} could not be taken away: run the command again.`] : []),
  ];
}

async function deleteEntries(
  { kind, key }: Context,
  segments: readonly SegmentOfPerson[],
  { ledger }: Pick<ForgetPorts, "ledger">,
): Promise<number> {
  const answers = await ledger.forgetEntries({
    contextKind: kind,
    contextKey: key,
    segments: segments.map(({ place }) => place.ledgerSegment),
  });
  return answers.filter(({ outcome }) => outcome === "deleted").length;
}

async function deadReasons(
  ids: readonly string[],
  { bundle, letterCalls }: Pick<ForgetPorts, "bundle" | "letterCalls">,
): Promise<ReadonlyMap<string, string>> {
  const reasons = new Map<string, string>();
  const queues = bundle.queues.filter(({ kind }) => kind === "audience-operations");
  await walkLetters(
    {
      bundle: { ...bundle, queues },
      choice: { queue: undefined, reason: undefined, connection: undefined },
      limit: Number.POSITIVE_INFINITY,
      atATime: 100,
      isStopped: () => false,
      take: async (letters) => {
        for (const { body, reason, cause } of letters)
          for (const id of ids)
            if (body.includes(`"${id}"`))
              reasons.set(id, `the removal became a dead letter (${reason}): ${cause.replace(/\.$/, "")}`);
        return [];
      },
    },
    letterCalls,
  );
  return reasons;
}
