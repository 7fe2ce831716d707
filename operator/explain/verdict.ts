import type { Action } from "../../lib/messages/operation.ts";

/** The newest operation that LaunchDarkly acknowledged, as the ledger has it. Times in Unix ms. */
export type KnownOperation = {
  readonly atMs: number;
  readonly acceptedAtMs: number;
  readonly acknowledgedAtMs: number;
  /** The operation's own id. */
  readonly id: string;
};

export type LedgerFact =
  | { readonly kind: "none" }
  | ({ readonly kind: "added" | "removed" } & KnownOperation);

/** `busy`: it is being written. `stalled`: a request got no answer, and nothing is written before `untilMs`. */
export type HoldFact =
  | { readonly kind: "free" }
  | { readonly kind: "busy" | "stalled"; readonly untilMs: number };

export type DeadOperation = {
  readonly action: Action;
  readonly atMs: number;
  readonly reason: string;
  /** SQS's id of the dead letter. */
  readonly letterId: string;
};

/** `older`: what the ledger has is newer than each of them. `newer`: `newest` is newer than what the ledger has. */
export type LettersFact =
  | { readonly kind: "none" }
  | { readonly kind: "older" | "newer"; readonly count: number; readonly newest: DeadOperation };

export type LaunchdarklyFact =
  | { readonly kind: "member" | "absent" }
  | { readonly kind: "unknown"; readonly why: string };

export type Facts = {
  readonly ledger: LedgerFact;
  readonly hold: HoldFact;
  readonly letters: LettersFact;
  readonly launchdarkly: LaunchdarklyFact;
};

/** What the sentences name besides the facts. */
export type Named = {
  /** As `--segment` takes it. */
  readonly segmentId: string;
  /** What makes a command be about the same bundle: empty, or ` --stage prod`. */
  readonly targetOptions: string;
  readonly nowMs: number;
};

/**
 * What the four facts mean together, in a sentence or a few. Every combination has its own: the first sentences come from the
 * ledger, LaunchDarkly and the hold, the last from the dead letters.
 */
export function verdictOf(facts: Facts, named: Named): string {
  const { ledger, hold, launchdarkly } = facts;
  const state = STATES[ledger.kind][launchdarkly.kind];
  const sentences = [
    state[hold.kind]({ facts, named, ...words(facts, named) }),
    letterSentence(facts, named),
  ];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

type Words = {
  readonly facts: Facts;
  readonly named: Named;
  /** "Added by message m-42 (true at 10:01:58, acknowledged 10:02:03)" */
  readonly told: string;
  readonly until: string;
  readonly why: string;
  /** The command that sends what the ledger has once more. */
  readonly repair: string;
};

type Sentence = (words: Words) => string;
type BySituation = Readonly<
  Record<LedgerFact["kind"], Record<LaunchdarklyFact["kind"], Record<HoldFact["kind"], Sentence>>>
>;

const STATES: BySituation = {
  none: {
    member: {
      free: () =>
        "LaunchDarkly has it as a member, but no operation that Flagbridge knows says so: somebody added it there, or it was added before Flagbridge.",
      busy: ({ until }) =>
        `LaunchDarkly has it as a member, and Flagbridge knows no operation yet: the segment is being written (until ${until} at the latest). Ask again in a few seconds.`,
      stalled: ({ until }) =>
        `LaunchDarkly has it as a member, and Flagbridge knows no operation yet: a request to this segment got no answer, and may be what added it. Operations on the segment go on at ${until}; ask again then.`,
    },
    absent: {
      free: () =>
        "Nobody has said anything about it that arrived here, and LaunchDarkly does not have it. A removal is forgotten after 60 days.",
      busy: ({ until }) =>
        `Nobody has said anything about it that is done, and LaunchDarkly does not have it. The segment is being written (until ${until} at the latest): ask again in a few seconds.`,
      stalled: ({ until }) =>
        `Nobody has said anything about it that is done, and LaunchDarkly does not have it. A request to this segment got no answer: operations on it wait until ${until}, and one for this member may be among them.`,
    },
    unknown: {
      free: ({ why }) =>
        `Nobody has said anything about it that arrived here. What LaunchDarkly has could not be read (${why}).`,
      busy: ({ why, until }) =>
        `Nobody has said anything about it that is done; the segment is being written (until ${until} at the latest). What LaunchDarkly has could not be read (${why}).`,
      stalled: ({ why, until }) =>
        `Nobody has said anything about it that is done; a request to this segment got no answer, and operations on it wait until ${until}. What LaunchDarkly has could not be read (${why}).`,
    },
  },
  added: {
    member: {
      free: ({ told }) => `${told}. LaunchDarkly agrees.`,
      busy: ({ told, until }) =>
        `${told}. LaunchDarkly agrees; the segment is being written (until ${until} at the latest), which may change this.`,
      stalled: ({ told, until }) =>
        `${told}. LaunchDarkly agrees; a request to this segment got no answer, and what is newer waits until ${until}.`,
    },
    absent: {
      free: ({ told, repair }) =>
        `${told}, but LaunchDarkly does not have it: edited there by hand? ${repair} sends it again.`,
      busy: ({ told, until }) =>
        `${told}, but LaunchDarkly does not have it. The segment is being written (until ${until} at the latest), perhaps to remove it: ask again in a few seconds.`,
      stalled: ({ told, until, repair }) =>
        `${told}, but LaunchDarkly does not have it. A request to this segment got no answer and may have removed it: operations go on at ${until}. If it is still missing then, ${repair} sends it again.`,
    },
    unknown: {
      free: ({ told, why }) => `${told}. Whether LaunchDarkly still has it could not be read (${why}).`,
      busy: ({ told, why, until }) =>
        `${told}; the segment is being written (until ${until} at the latest). Whether LaunchDarkly still has it could not be read (${why}).`,
      stalled: ({ told, why, until }) =>
        `${told}; a request to this segment got no answer since, and what is newer waits until ${until}. Whether LaunchDarkly still has it could not be read (${why}).`,
    },
  },
  removed: {
    member: {
      free: ({ told, repair }) =>
        `${told}, but LaunchDarkly has it as a member: added there by hand? ${repair} removes it again.`,
      busy: ({ told, until }) =>
        `${told}, but LaunchDarkly has it as a member. The segment is being written (until ${until} at the latest), perhaps to add it: ask again in a few seconds.`,
      stalled: ({ told, until, repair }) =>
        `${told}, but LaunchDarkly has it as a member. A request to this segment got no answer and may have added it: operations go on at ${until}. If it is still there then, ${repair} removes it again.`,
    },
    absent: {
      free: ({ told }) => `${told}. LaunchDarkly agrees.`,
      busy: ({ told, until }) =>
        `${told}. LaunchDarkly agrees; the segment is being written (until ${until} at the latest), which may change this.`,
      stalled: ({ told, until }) =>
        `${told}. LaunchDarkly agrees; a request to this segment got no answer, and what is newer waits until ${until}.`,
    },
    unknown: {
      free: ({ told, why }) => `${told}. Whether LaunchDarkly still has it could not be read (${why}).`,
      busy: ({ told, why, until }) =>
        `${told}; the segment is being written (until ${until} at the latest). Whether LaunchDarkly still has it could not be read (${why}).`,
      stalled: ({ told, why, until }) =>
        `${told}; a request to this segment got no answer since, and what is newer waits until ${until}. Whether LaunchDarkly still has it could not be read (${why}).`,
    },
  },
};

function words(
  { ledger, hold, launchdarkly }: Facts,
  { segmentId, targetOptions, nowMs }: Named,
): Omit<Words, "facts" | "named"> {
  return {
    told: ledger.kind === "none" ? "" : told(ledger, nowMs),
    until: hold.kind === "free" ? "" : timeText(hold.untilMs, nowMs),
    why: launchdarkly.kind === "unknown" ? launchdarkly.why : "",
    repair: `\`flagbridge diff --segment ${shellWord(segmentId)} --repair${targetOptions}\``,
  };
}

function told(
  { kind, atMs, acknowledgedAtMs, id }: Exclude<LedgerFact, { readonly kind: "none" }>,
  nowMs: number,
): string {
  const verb = { added: "Added", removed: "Removed" }[kind];
  return `${verb} by message ${id} (true at ${timeText(atMs, nowMs)}, acknowledged ${timeText(acknowledgedAtMs, nowMs)})`;
}

function letterSentence({ letters, launchdarkly }: Facts, { targetOptions, nowMs }: Named): string {
  if (letters.kind === "none") return "";
  const { action, atMs, reason, letterId } = letters.newest;
  const others = letters.count > 1 ? ` (${letters.count} dead letters name it)` : "";
  const what = { add: "An addition", remove: "A removal" }[action];
  const command = `\`flagbridge dead-letters show ${letterId}${targetOptions}\``;
  const dead = `true at ${timeText(atMs, nowMs)} is a dead letter (${reason})${others}`;
  if (letters.kind === "older") return `${what} ${dead} and changes nothing: what the ledger has is newer.`;
  const wanted = { add: "member", remove: "absent" }[action];
  if (launchdarkly.kind === wanted)
    return `${what} ${dead}: it never was acknowledged, and LaunchDarkly is as it wants all the same. ${command} shows it.`;
  return `${what} ${dead}, newer than all that was acknowledged, so that it never took effect: ${command} shows why.`;
}

/** The time alone on the day of `nowMs`, else with its date. In UTC, as all times of the outputs. */
export function timeText(ms: number, nowMs: number): string {
  const [day = "", time = ""] = isoTime(ms).slice(0, 19).split("T");
  return [...(isoTime(nowMs).startsWith(day) ? [] : [day]), time].join(" ").trim();
}

/** ISO 8601, also of times that no date can hold: what is in the ledger came from outside. */
export function isoTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}

/** As a shell takes it for one word. */
function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
