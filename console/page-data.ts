/** What the server of the console tells its page. Types alone: both sides import them. */

import type { QueueKind } from "../lib/connections/queues.ts";
import type { Where } from "../operator/bundle.ts";
import type { LetterList } from "../operator/dead-letters/list.ts";
import type { CheckLine } from "../operator/doctor/check.ts";
import type { ShownExplanation } from "../operator/explain/explain.ts";
import type { PasteGuide } from "../operator/paste-guide.ts";
import type { ListedSecret } from "../operator/secrets/list.ts";
import type { ShownSegment } from "../operator/segments.ts";

export type TargetInfo = {
  readonly where: Where;
  /** What stands before every name of the bundle. */
  readonly namePrefix: string;
  readonly version: string;
  readonly connections: readonly { readonly name: string; readonly source: string }[];
};

export type FlowQueue = {
  /** Without the stage's prefix. */
  readonly name: string;
  readonly kind: QueueKind;
  readonly destination: string;
  readonly function: string;
  readonly waiting: number;
  readonly inFlight: number;
  readonly oldestSeconds: number | null;
  readonly deadLetters: number;
  readonly isPaused: boolean;
};

export type FlowCounts = {
  readonly applied: number;
  readonly unchanged: number;
  readonly stale: number;
  readonly dropped: number;
  readonly dead: number;
  readonly retried: number;
  /** By method and status. */
  readonly requests: Readonly<Record<string, number>>;
};

export type FlowDestination = {
  readonly service: "LaunchDarkly" | "PostHog";
  readonly name: string;
  /** Since the local stack started; null of a stage, whose counts are in CloudWatch. */
  readonly counts: FlowCounts | null;
};

export type Flow = {
  readonly queues: readonly FlowQueue[];
  readonly destinations: readonly FlowDestination[];
  readonly requests: {
    readonly requests: number;
    readonly accepted: number;
    readonly ignored: number;
    readonly rejected: number;
    readonly refused: number;
  } | null;
  /** Of the last hour; null on the local stack. */
  readonly errors: readonly { readonly name: string; readonly errors: number | null }[];
  readonly alarms: readonly { readonly name: string; readonly since: string }[];
  readonly limits: readonly {
    readonly destination: string;
    readonly what: "answered-429" | "closed";
    readonly count: number;
  }[];
  /** What could not be read, and which right is missing. */
  readonly problems: readonly string[];
};

export type RequestRow = {
  readonly id: string;
  readonly at: string;
  readonly ms: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly connection: string | null;
  readonly accepted: number;
  readonly ignored: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly code: string | null;
};

/** What became of one item of a request at one destination. */
export type ItemFate = {
  readonly what: string;
  readonly where: string;
  readonly fate: "arrived" | "replaced" | "dead" | "waiting" | "unknown";
  readonly because: string;
};

export type RequestDetail = RequestRow & {
  readonly body: string;
  readonly bodyBytes: number;
  readonly answer: string;
  readonly answerBytes: number;
  readonly rejections: readonly { readonly index: number; readonly code: string; readonly message: string }[];
  readonly items: readonly ItemFate[];
  /** So many other requests of the connection came at the same time: items of theirs may be listed too. */
  readonly overlapping: number;
  /** More items than are listed. */
  readonly more: number;
};

export type SegmentList = { readonly segments: readonly ShownSegment[]; readonly foreignItems: number };

export type MemberList = {
  readonly members: readonly { readonly key: string; readonly at: string }[];
  /** Whether there are more than those that were read. */
  readonly hasMore: boolean;
};

export type Found = { readonly explanations: readonly ShownExplanation[]; readonly notSearched: number };

export type ArrivedMetricEvent = {
  readonly key: string;
  readonly environment: string;
  readonly contextKeys: string;
  readonly value: number | null;
  readonly at: string;
  readonly data: string;
};

export type MetricEvents = { readonly events: readonly ArrivedMetricEvent[]; readonly total: number };

export type ArrivedFlagChange = {
  readonly name: string;
  readonly project: string;
  readonly who: string;
  readonly at: string;
  readonly flag: string;
  readonly direction: string;
  readonly properties: string;
};

export type FlagChanges = { readonly events: readonly ArrivedFlagChange[]; readonly total: number };

export type FaultSwitch = {
  readonly id: string;
  readonly label: string;
  readonly explanation: string;
  readonly isOn: boolean;
};

export type SampleRow = { readonly sample: string; readonly connection: string; readonly source: string };

export type SentSample = {
  readonly sample: string;
  readonly request: { readonly method: string; readonly url: string };
  readonly status: number;
  readonly answer: string;
  readonly look: string;
};

/** What each connection would make of a pasted event. */
export type ExplainedPaste = {
  readonly connections: readonly {
    readonly connection: string;
    readonly source: string;
    readonly isOfUse: boolean;
    readonly lines: readonly string[];
    /** How many lines were left out. */
    readonly more: number;
  }[];
};

export type Letters = LetterList & { readonly isCut: boolean };

export type ShownLetter = {
  readonly id: string;
  readonly deadSince: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bodyCharacters: number;
};

export type Checks = { readonly checks: readonly CheckLine[]; readonly failed: number };
export type Connections = { readonly guides: readonly PasteGuide[] };
export type Secrets = { readonly secrets: readonly ListedSecret[] };
