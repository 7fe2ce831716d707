import type { SegmentWriter } from "../../lib/audience/segment-writer.ts";
import { bigSegments } from "../../lib/launchdarkly/segments/big.ts";
import { listSegments } from "../../lib/launchdarkly/segments/list.ts";
import { syncedSegments } from "../../lib/launchdarkly/segments/synced/request.ts";
import type { Action } from "../../lib/messages/operation.ts";
import { notSeen, withoutToken } from "./ask.ts";
import { type Check, type CheckLine, lineAbout } from "./check.ts";
import type { AskedEnvironment, EnvironmentToAsk } from "./launchdarkly-environment.ts";
import {
  type FoundPlace,
  type Membership,
  readBack,
  SEGMENT_ROUTE,
  segmentPath,
  type Throwaway,
} from "./read-back.ts";
import { describeNotApplied, writeOnce } from "./write-once.ts";
import { describeWay, type WayOfWriting } from "./written-segments.ts";

/** LaunchDarkly applies a change of synced and big segments within half a minute, mostly; one of a list segment at once. */
const PATIENCE_MS = { synced: 90_000, big: 90_000, list: 10_000 };
const LOOK_EVERY_MS = 3_000;

/**
 * Adds a throw-away context to a throw-away segment, reads it back, removes it, reads again, and deletes the segment where that can be done.
 * The names are always the same, so that the next run finishes what one that was interrupted has left.
 */
export function writeCheck(
  environment: EnvironmentToAsk,
  way: WayOfWriting,
  ports: { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> },
): Check {
  const subject = `${environment.subject} (${describeWay(way)})`;
  const add = lineAbout("segments.add", subject);
  const remove = lineAbout("segments.remove", subject);
  const cleanUp = lineAbout("segments.clean-up", subject);
  const throwaway = throwawayOf(way);
  const quoted = `"${throwaway.segmentName}"`;
  return {
    title: subject,
    line: add,
    run: async () => {
      const { asked, settings } = environment;
      if (!asked) return [withoutToken(add, settings.secret)];
      const place = await asked.place();
      if (place.kind !== "found")
        return [
          add.skipped(
            "the environment was not found, so nothing was written",
            "Mend launchdarkly.environment first.",
          ),
        ];
      if (place.view._id !== settings.clientSideId)
        return [
          add.skipped(
            "the client-side ID is that of another environment, so nothing was written",
            "Mend launchdarkly.environment first.",
          ),
        ];
      return prove(asked, place);
    },
  };

  async function prove(asked: AskedEnvironment, place: FoundPlace): Promise<readonly CheckLine[]> {
    const problems: string[] = [];
    const writer = writerTo(environment, way, {
      asked,
      place,
      noteProblem: (problem) => problems.push(problem),
    });
    const look = () => readBack(asked.ask, place, way, throwaway);
    const write = (action: Action) => writeOnce(writer, changeOf(way, throwaway, action), ports);

    const before = await look();
    if (before.kind === "member") await write("remove");
    const added = await write("add");
    if (added.kind !== "applied") {
      const why = [describeNotApplied(added), ...problems].join("; ");
      return [add.failed(`the token could not add to segment ${quoted}: ${why}`, fixOf(added, way))];
    }
    const afterAdd = await waitFor("member", look);
    const removed = await write("remove");
    const afterRemove = removed.kind === "applied" ? await waitFor("absent", look) : await look();
    const key = [afterRemove, afterAdd].flatMap((one) =>
      "segmentKey" in one ? (one.segmentKey ?? []) : [],
    )[0];
    return [
      addLine(afterAdd),
      removed.kind === "applied"
        ? removeLine(afterRemove, afterAdd)
        : remove.failed(
            `the removal from ${quoted} failed: ${describeNotApplied(removed)}`,
            fixOf(removed, way),
          ),
      await cleanUpLine(asked, place, key),
    ];
  }

  function addLine(after: Membership): CheckLine {
    switch (after.kind) {
      case "member":
        return add.ok("a throw-away context was added to a throw-away segment, and read back");
      case "absent":
        return add.failed(
          `LaunchDarkly took an add to ${quoted}, and does not have it after ${PATIENCE_MS[way.writer] / 1_000} s`,
          "Run it again; if it stays, ask LaunchDarkly's support: the segment's history shows what arrived.",
        );
      case "unknown":
        return after.answer.kind === "taken"
          ? add.skipped("it was added, and reading it back failed", "Run it again.")
          : notSeen(add, after.answer, "viewProject");
    }
  }

  function removeLine(after: Membership, afterAdd: Membership): CheckLine {
    switch (after.kind) {
      case "absent":
        return afterAdd.kind === "member"
          ? remove.ok("it was removed, and is gone: a removal removes")
          : remove.skipped("it was removed, but had not been seen before", "Mend segments.add first.");
      case "member":
        return remove.failed(
          `LaunchDarkly took a removal from ${quoted}, and the context is still in it: members that leave an audience stay`,
          way.writer === "synced"
            ? `The integration ${way.integration} may not read our removals: set another one (audiences.integration), or writer: big or list.`
            : "Run it again; if it stays, ask LaunchDarkly's support.",
        );
      case "unknown":
        return after.answer.kind === "taken"
          ? remove.skipped("it was removed, and reading again failed", "Run it again.")
          : notSeen(remove, after.answer, "viewProject");
    }
  }

  async function cleanUpLine(
    { ask }: AskedEnvironment,
    place: FoundPlace,
    key: string | undefined,
  ): Promise<CheckLine> {
    const byHand = `Delete the segment ${quoted} of ${place.project}/${place.environment} in LaunchDarkly; it may as well stay, for the next run.`;
    if (key === undefined)
      return cleanUp.warning(`the segment ${quoted} is left: its key could not be read`, byHand);
    const answer = await ask({ method: "DELETE", path: segmentPath(place, key), route: SEGMENT_ROUTE });
    switch (answer.kind) {
      case "taken":
      case "missing":
        return cleanUp.ok("the throw-away segment was deleted");
      case "forbidden":
        return cleanUp.warning(
          `the segment ${quoted} is left: the token may not delete it (deleteSegment)`,
          byHand,
        );
      default:
        return cleanUp.warning(
          `the segment ${quoted} is left: LaunchDarkly did not delete it (${answer.kind})`,
          byHand,
        );
    }
  }

  /** Looks until LaunchDarkly says so, or patience ends; gives what it said last. */
  async function waitFor(wanted: "member" | "absent", look: () => Promise<Membership>): Promise<Membership> {
    const untilMs = ports.now() + PATIENCE_MS[way.writer];
    for (;;) {
      const seen = await look();
      if (seen.kind === wanted || seen.kind === "unknown" || ports.now() >= untilMs) return seen;
      await ports.sleep(LOOK_EVERY_MS);
    }
  }
}

/** A segment for each way of writing and each context kind: the kind of a segment never changes. */
function throwawayOf(way: WayOfWriting): Throwaway {
  const id = `flagbridge-doctor-${way.writer}-${way.contextKind}`;
  return {
    segmentId: id,
    segmentName: `Flagbridge doctor: ${describeWay(way)}, ${way.contextKind}`,
    contextKey: "flagbridge-doctor",
  };
}

function changeOf(way: WayOfWriting, { segmentId, segmentName, contextKey }: Throwaway, action: Action) {
  return {
    segment: { id: segmentId, name: segmentName },
    contextKind: way.contextKind,
    members: [{ contextKey, action }],
  };
}

function writerTo(
  { settings }: EnvironmentToAsk,
  way: WayOfWriting,
  given: {
    readonly asked: AskedEnvironment;
    readonly place: FoundPlace;
    readonly noteProblem: (problem: string) => void;
  },
): SegmentWriter {
  const { client } = given.asked;
  const { project, environment } = given.place;
  switch (way.writer) {
    case "synced":
      return syncedSegments({ client, environmentId: settings.clientSideId, integration: way.integration });
    case "big":
      return bigSegments({ client, project, environment, noteProblem: given.noteProblem });
    case "list":
      return listSegments({ client, project, environment, noteProblem: given.noteProblem });
  }
}

function fixOf(answer: { readonly kind: string; readonly reason?: string }, way: WayOfWriting): string {
  if (answer.reason === "approval-required")
    return "Give the token's role bypassRequiredSegmentApproval, or require no approval of segments in this environment.";
  if (answer.reason === "launchdarkly-401") return "Mend launchdarkly.token first.";
  if (answer.reason === "launchdarkly-404" && way.writer === "synced")
    return `LaunchDarkly does not know the integration ${way.integration} in this instance: use writer: big or list, or ask LaunchDarkly's support to provision it.`;
  if (answer.kind === "misconfigured" || answer.kind === "forbidden")
    return "Give its role createSegment and updateIncluded on proj/*:env/*:segment/*, or use a token with the role Writer.";
  return "Run it again; if it stays, it is worth an issue with this output.";
}
