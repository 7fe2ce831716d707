import type { Command } from "commander";
import type { ShownSegment } from "../../operator/segments.ts";
import { shownTime } from "../../operator/shown-time.ts";
import type { Target } from "../../operator/target.ts";
import { counted } from "../numbers.ts";
import { openProgress } from "../progress.ts";
import { type ExitCode, runs } from "../run.ts";
import { type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { note, print, printJson, table } from "../terminal.ts";

type Flags = TargetFlags & { readonly count?: true };

export function addSegments(program: Command): void {
  const command = program
    .command("segments")
    .description("Every segment that the ledger knows, with its members")
    .option("--count", "with the totals of each environment");
  withTargetOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge segments
  npx flagbridge segments --count --stage prod --json`,
    )
    .action(runs(list));
}

async function list(flags: Flags): Promise<ExitCode> {
  const target = await targetOf(flags);
  const { listSegments } = await import("../../operator/segments.ts");
  const scan = await openScan(target);
  const { connections, calls } = target;
  const { ledger, now } = calls;
  const { segments, foreignItems } = await listSegments({
    ledger,
    connections,
    now,
    onProgress: scan.onProgress,
  });
  scan.end();
  if (flags.json) printJson({ segments: segments.map(({ writerText: _text, ...contract }) => contract) });
  else print(shown(segments, flags));
  if (foreignItems === 0) return 0;
  note(
    `${foreignItems} items of the table are not Flagbridge's, and were left out: somebody has written to it.`,
  );
  return 1;
}

/** Says what a scan of the ledger will cost, shows how far it is, and says what it has cost. */
export async function openScan({ calls, where }: Pick<Target, "calls" | "where">) {
  const { readUnitsOfScan } = await import("../../lib/audience/ledger/listing.ts");
  const { ledger, now } = calls;
  const size = await ledger.size();
  if (where.kind === "stage")
    note(
      `One scan of the ledger: about ${size.items} items, ${readUnitsOfScan(size)} read units (${priceOf(readUnitsOfScan(size))}).`,
    );
  const progress = await openProgress("Reading the ledger", size.items > 0 ? size.items : undefined, {
    nowMs: now,
  });
  let read = { items: 0, readUnits: 0 };
  return {
    onProgress: (soFar: typeof read): void => {
      read = soFar;
      progress.update(soFar.items, `${soFar.items} items`);
    },
    end: (): void =>
      progress.end(
        `Read ${counted(read.items, "item", "items")} of the ledger: ${read.readUnits} read units (${priceOf(read.readUnits)}).`,
      ),
  };
}

/** https://aws.amazon.com/dynamodb/pricing/on-demand/: in us-east-1, and a little more elsewhere. */
const DOLLARS_PER_MILLION_UNITS = 0.125;

function priceOf(readUnits: number): string {
  const dollars = (readUnits / 1_000_000) * DOLLARS_PER_MILLION_UNITS;
  return dollars < 0.01 ? "less than a cent" : `about $${dollars.toFixed(2)}`;
}

function shown(segments: readonly ShownSegment[], { count }: Flags): string {
  if (segments.length === 0) return "The ledger knows no segment yet.";
  const rows = segments.map(({ environment, writerText, id, kinds, changedAt, hold }) => [
    environment,
    writerText,
    id,
    Object.entries(kinds)
      .map(([kind, members]) => `${members} ${kind}`)
      .join(", "),
    shownTime(changedAt ?? "never"),
    hold ? `${hold.kind} until ${shownTime(hold.until)}` : "",
  ]);
  const list = table([["environment", "writer", "segment", "members", "last change", "held"], ...rows]);
  return count ? [list, "", ...totals(segments)].join("\n") : list;
}

function totals(segments: readonly ShownSegment[]): string[] {
  const byEnvironment = Map.groupBy(segments, ({ environment }) => environment);
  return [...byEnvironment].map(([environment, own]) => {
    const members = own.flatMap(({ kinds }) => Object.values(kinds)).reduce((sum, some) => sum + some, 0);
    return `${environment}: segments ${own.length}, members ${members}`;
  });
}
