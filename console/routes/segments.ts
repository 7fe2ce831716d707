import * as z from "zod";
import { openMembership } from "../../lib/launchdarkly/membership/membership.ts";
import { writerText } from "../../lib/launchdarkly/membership/places.ts";
import { explain, type ShownExplanation } from "../../operator/explain/explain.ts";
import { placesOfSegment } from "../../operator/membership/places.ts";
import { OperatorProblem } from "../../operator/problem.ts";
import { listSegments } from "../../operator/segments.ts";
import type { Target } from "../../operator/target.ts";
import type { Found, MemberList, SegmentList } from "../page-data.ts";
import { type ConsoleRoute, checked } from "../route.ts";
import type { ConsoleWork } from "../work.ts";

const place = z.object({ environment: z.string(), writer: z.string(), id: z.string(), kind: z.string() });
const SHOWN_MEMBERS = 200;

const search = z.object({
  key: z.string().min(1, "expected a context key"),
  /** Those of the page's list, or the open one; without any, all of the ledger. */
  segments: z.array(z.object({ id: z.string(), kinds: z.array(z.string()) })).default([]),
});
/** A search in all segments asks LaunchDarkly once for each. */
const MOST_SEARCHED = 25;
const LONGEST_WAIT_MS = 30_000;

export function segmentRoutes(work: ConsoleWork): readonly ConsoleRoute[] {
  return [
    { method: "POST", path: "/segments/list", answer: async () => readSegments(await work.target()) },
    {
      method: "POST",
      path: "/segments/members",
      answer: async ({ body }) => membersOf(await work.target(), checked(place, body)),
    },
    {
      method: "POST",
      path: "/segments/find",
      answer: ({ body }) => {
        const asked = checked(search, body);
        // It reads the dead letters too.
        return work.lettersOneAtATime(async () => find(await work.target(), asked));
      },
    },
  ];
}

export async function readSegments({ connections, calls }: Target): Promise<SegmentList> {
  const { segments, foreignItems } = await listSegments({
    ledger: calls.ledger,
    connections,
    now: calls.now,
  });
  return { segments, foreignItems };
}

/** The first members of a segment: no more are read than shown, however many there are. */
export async function membersOf(
  { connections, calls }: MembersTarget,
  asked: z.output<typeof place>,
): Promise<MemberList> {
  const found = placesOfSegment(connections, { segmentId: asked.id }).find(
    (one) => one.environment === asked.environment && writerText(one) === asked.writer,
  );
  if (!found)
    throw new OperatorProblem("connections.yml has no connection any more that writes to this segment.");
  const members: { key: string; at: string }[] = [];
  for await (const { key, entry } of calls.ledger.members(found.ledgerSegment, asked.kind)) {
    if (entry.action !== "add") continue;
    if (members.length === SHOWN_MEMBERS) return { members, hasMore: true };
    members.push({ key, at: new Date(entry.at).toISOString() });
  }
  return { members, hasMore: false };
}

type MembersTarget = Pick<Target, "connections"> & {
  readonly calls: { readonly ledger: Pick<Target["calls"]["ledger"], "members"> };
};

async function find(target: Target, { key, segments: asked }: z.output<typeof search>): Promise<Found> {
  // On a stage a scan of the ledger is paid for: what the page knows need not be read once more.
  const segments = asked.length > 0 ? asked : await segmentsOf(target);
  const contexts = segments.flatMap(({ id, kinds }) => kinds.map((kind) => ({ id, kind })));
  const distinct = [...new Map(contexts.map((one) => [JSON.stringify(one), one])).values()];
  const { now, sleep, ledger, launchdarkly } = target.calls;
  const look = openMembership({
    clientOf: launchdarkly(() => {}),
    patience: { now, sleep, longestWaitMs: LONGEST_WAIT_MS, onLimit: () => {} },
  });
  const explanations: ShownExplanation[] = [];
  for (const one of distinct.slice(0, MOST_SEARCHED))
    explanations.push(
      await explain(
        { segmentId: one.id, context: { kind: one.kind, key }, connection: undefined },
        { bundle: target, ledger, look, letterCalls: target.calls.letters, now },
      ),
    );
  return {
    explanations: asked.length === 1 ? explanations : explanations.filter(knowsOfThem),
    notSearched: Math.max(0, distinct.length - MOST_SEARCHED),
  };
}

async function segmentsOf(target: Target) {
  const { segments } = await readSegments(target);
  return segments.map(({ id, kinds }) => ({ id, kinds: Object.keys(kinds) }));
}

/** Of a search in many segments, those that know nothing of the member are left out. */
function knowsOfThem({ destinations }: ShownExplanation): boolean {
  return destinations.some(
    ({ ledger, launchdarkly, deadLetters }) =>
      ledger !== null || launchdarkly.member === true || deadLetters.length > 0,
  );
}
