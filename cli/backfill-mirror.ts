import type { BackfillPorts } from "../operator/backfill/backfill.ts";
import type { PlannedRemoval } from "../operator/backfill/mirror.ts";
import type { BackfillEnd } from "../operator/backfill/outcome.ts";
import type { HashKeys } from "../operator/backfill/seen-texts.ts";
import type { BackfillSettings } from "../operator/backfill/settings.ts";
import type { Target } from "../operator/target.ts";
import { counted } from "./numbers.ts";
import { openProgress } from "./progress.ts";
import { confirmed, isInteractive, note } from "./terminal.ts";
import { visible } from "./visible.ts";

type Given = {
  readonly settings: BackfillSettings;
  readonly target: Target;
  readonly isStopped: () => boolean;
};

type MirrorFlags = {
  readonly dryRun?: true;
  readonly allowRemoving?: number;
  readonly yes?: true;
};

/** `backfill --mirror`, from before the first row to after the last. */
export type MirrorRun = {
  readonly hashKeys: HashKeys;
  readonly ports: Pick<BackfillPorts, "members" | "onConfirmed" | "afterRead">;
  /** Removes the members that the file lacks. Returns how many messages that took. */
  readonly finish: (end: Extract<BackfillEnd, { kind: "done" }>) => Promise<number>;
};

/** So many members wait for LaunchDarkly at most, in 20 MB: reading goes on as fast as it takes them. */
const MOST_WAITING = 100_000;

/** @throws {OperatorProblem} before anything is sent, when nobody could be asked later, or the ledger cannot be read */
export async function openMirror({
  settings,
  target,
  isStopped,
  flags,
}: Given & { readonly flags: MirrorFlags }): Promise<MirrorRun> {
  const { OperatorProblem } = await import("../operator/problem.ts");
  if (settings.action === "remove")
    throw new OperatorProblem("--mirror: expected no --action remove: the file says who is in the segment.");
  if (!flags.yes && !flags.dryRun && !isInteractive())
    throw new OperatorProblem(
      "Nothing was done: --mirror needs a yes before it removes members, and there is no terminal to ask. Add --yes.",
    );
  const { openAcknowledgements, STALLED_MS } = await import("../operator/backfill/acknowledgements.ts");
  const { ALLOWED_PERCENT, beliefsOf, plannedRemoval, removeOthers } = await import(
    "../operator/backfill/mirror.ts"
  );
  const { openSeenTexts } = await import("../operator/backfill/seen-texts.ts");
  const { ledger, now, sleep } = target.calls;
  const segments = await ledgerSegments(settings, target);
  const { contextKind } = settings;
  const before = await beliefsOf({ segments, contextKind }, ledger.members);
  const hashKeys = await newHashKeys();
  const file = openSeenTexts(hashKeys);
  let tell: (waiting: number) => void = () => undefined;
  const acknowledgements = openAcknowledgements(
    { segments, contextKind },
    { entries: ledger.entries, now, sleep, isStopped, onProgress: (waiting) => tell(waiting) },
  );
  const waitFor = async (most: number): Promise<void> => {
    const drained = await acknowledgements.drainTo(most);
    if (drained === "drained") return;
    throw new OperatorProblem(
      drained === "stopped"
        ? "Stopped before anything was removed. Run the same command again to go on, with the --at that it named."
        : `Nothing was removed: LaunchDarkly has not acknowledged ${acknowledgements.waiting()} members, and none for ${STALLED_MS / 60_000} minutes. ` +
            "npx flagbridge status and npx flagbridge dead-letters say why. Run the same command again afterwards.",
    );
  };
  return {
    hashKeys,
    ports: {
      members: file,
      onConfirmed: acknowledgements.add,
      afterRead: async () => {
        if (acknowledgements.waiting() > MOST_WAITING && !isStopped()) await waitFor(MOST_WAITING / 2);
      },
    },
    finish: async ({ refusals }) => {
      const allowedPercent = flags.allowRemoving ?? ALLOWED_PERCENT;
      const request = { settings, segments, file, refusals, before, allowedPercent };
      if (flags.dryRun) {
        note(`The file lacks ${shownRemoval(await plannedRemoval(request, ledger))}`);
        return 0;
      }
      const total = acknowledgements.waiting();
      const progress = await openProgress("Waiting for LaunchDarkly", total, { nowMs: now });
      tell = (waiting) =>
        progress.update(
          total - waiting,
          `${counted(waiting, "member is", "members are")} not acknowledged yet`,
        );
      await waitFor(0);
      const lost = acknowledgements.removedAtOnce();
      if (lost > 0) {
        progress.end(
          `${counted(lost, "member of the file was", "members of the file were")} removed for the same time.`,
        );
        throw new OperatorProblem(
          `Nothing was removed, and ${counted(lost, "member of the file stays out", "members of the file stay out")}: another --mirror with the same --at has removed them. ` +
            "Run it again with the moment at which this file was taken, or with a later --at: the later one wins.",
        );
      }
      progress.end("LaunchDarkly has acknowledged every member of the file.");
      const end = await removeOthers(request, {
        ...(await sendPorts({ settings, target, isStopped })),
        members: ledger.members,
        confirm: (planned) => confirmed(`This removes ${shownRemoval(planned)}`, { yes: flags.yes === true }),
      });
      switch (end.kind) {
        case "removed":
          note(
            `${counted(end.count, "member that the file lacks is", "members that the file lacks are")} being removed.`,
          );
          return end.messages;
        case "declined":
          note(
            `Nothing was removed: ${counted(end.count, "member that the file lacks stays", "members that the file lacks stay")}.`,
          );
          return 0;
        case "stopped":
          throw new OperatorProblem(
            `Not everything was removed (${end.code ?? "stopped"}): run the same command again, with the --at that it named.`,
          );
      }
    },
  };
}

function shownRemoval({ count, of, sample }: PlannedRemoval): string {
  if (count === 0) return `none of the ${of} members.`;
  const others = count > sample.length ? ` and ${count - sample.length} more` : "";
  return `${count} of ${of} members: ${sample.map(visible).join(", ")}${others}.`;
}

async function ledgerSegments({ connection, segment, queues }: BackfillSettings, { connections }: Target) {
  const { environmentNamed } = await import("../lib/connections/find.ts");
  const { ledgerNameOf } = await import("../lib/launchdarkly/segments/ledger-name.ts");
  return queues.map(({ destination }) => ({
    environment: environmentNamed(connections, destination)?.clientSideId ?? "",
    segment: ledgerNameOf(connection, segment.id),
  }));
}

/** What sending needs of a bundle. */
export async function sendPorts({ settings, target, isStopped }: Given) {
  const { sendToQueues } = await import("../operator/backfill/send-to-queues.ts");
  const { now, sleep, random, queues } = target.calls;
  const send = sendToQueues(settings, { queues: target.queues, sendToQueue: queues.sendToQueue });
  return { send, now, sleep, random, isStopped };
}

export async function newHashKeys(): Promise<HashKeys> {
  const { HASH_KEYS } = await import("../operator/backfill/seen-texts.ts");
  return crypto.getRandomValues(new Int32Array(HASH_KEYS));
}
