import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { BackfillAnswer } from "../../functions/audit-log-sweeper/backfill.ts";
import type { Feed } from "../../functions/audit-log-sweeper/destinations.ts";
import { recordRun } from "../../functions/audit-log-sweeper/record.ts";
import { noTally } from "../../functions/audit-log-sweeper/tally.ts";
import { PASSES, receiptOf } from "../../functions/eraser/receipt.ts";
import { REFUSALS } from "../../functions/ingest/refusal.ts";
import { WAITING_REASONS } from "../../lib/delivery/fate.ts";
import { recordFlush } from "../../lib/delivery/record-batch.ts";
import { IGNORED_KINDS, REJECTION_CODES } from "../../lib/sources/source.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/errors.md"), "utf8");

/** The rows of the table under a heading: their first two columns. */
function rowsUnder(heading: string): readonly (readonly [string, string])[] {
  const [section = ""] = page.split(`## ${heading}\n`)[1]?.split("\n## ") ?? [];
  return [...section.matchAll(/^\| `(\w+)` *\| ([^|]*) \|/gm)].map(([, code = "", next = ""]) => [
    code,
    next.trim(),
  ]);
}

describe("docs/errors.md", () => {
  test("has every code of a refused request with its status, and no other", () => {
    const documented = rowsUnder("Refused requests");
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(Object.entries(REFUSALS).map(([code, status]) => [code, String(status)])),
    );
    expect(documented).toHaveLength(Object.keys(REFUSALS).length);
  });

  test("has every code of a rejected item, and no other", () => {
    expect(
      rowsUnder("Rejected items")
        .map(([code]) => code)
        .sort(),
    ).toEqual([...REJECTION_CODES].sort());
  });

  test("has every kind of ignored item, and no other", () => {
    expect(
      rowsUnder("Ignored items")
        .map(([kind]) => kind)
        .sort(),
    ).toEqual([...IGNORED_KINDS].sort());
  });

  test("has every word of a batch's line, and no other", () => {
    const words: string[] = [];
    const log = (_event: string, fields: object = {}) => void words.push(...Object.keys(fields));
    recordFlush(
      "audience.flushed",
      [{ messageId: "m", connection: "cdp", fates: [{ kind: "dead", reason: "too-old", cause: "" }] }],
      {
        service: "launchdarkly",
        destination: "production",
        requests: {},
        closed: { why: "destination-silent", untilMs: 1 },
        ms: 1,
        endedAtMs: 1,
      },
      { log: { info: log, warn: log, error: log }, recordMetrics: () => {} },
    );
    expect(wordsUnder("The line of a batch")).toEqual(words);
  });

  test("has every word of the lines about the audit log, and no other", () => {
    const words: string[] = [];
    const log = (_event: string, fields: object = {}) => void words.push(...Object.keys(fields));
    const feed = { connection: "changes", everyMs: 1 } as Feed; // nothing else of it is recorded
    recordRun(
      [{ feed, tally: { ...noTally(), queued: 1 }, ending: { kind: "done" }, sweptUntil: 1 }],
      { requests: {}, ms: 1, nowMs: 1 },
      { log: { info: log, warn: log, error: log }, recordMetrics: () => {} },
    );
    const ofBackfill = { done: 0, next: 0, reason: 0, failed: 0, read: 0, queued: 0 } satisfies Record<
      keyof BackfillAnswer,
      0
    >;
    expect(wordsUnder("Reading the audit log").toSorted()).toEqual(
      [...new Set([...words, ...Object.keys(ofBackfill)])].toSorted(),
    );
  });

  test("has every word of an erasure's receipt, and of what is in its way", () => {
    const request = {
      v: 1,
      kind: "erasure.request",
      connection: "cdp",
      acceptedAt: 1,
      requestId: "r",
    } as const;
    const attempt = { request: { ...request, index: 0, contexts: [] }, deadLetters: 0, waitingMessages: 0 };
    const words = ([[], ["waiting"]] as const).flatMap((obstacles) =>
      Object.keys(receiptOf({ ...attempt, removedFrom: [], obstacles }, 1).fields),
    );
    expect(wordsUnder("Erasures").toSorted()).toEqual([...new Set(words)].toSorted());
    expect(reasonsUnder("Erasures").toSorted()).toEqual(Object.keys(PASSES).toSorted());
  });

  test("has the reason of everything that is dead, dropped or waits", () => {
    const documented = new Set(REASON_SECTIONS.flatMap(reasonsUnder));
    expect(literalReasons.size).toBeGreaterThan(15);
    expect([...literalReasons].filter((reason) => !documented.has(reason))).toEqual([]);
  });

  test("has no reason that nothing gives", () => {
    const isGiven = (reason: string): boolean => {
      if (code.includes(`"${reason}"`)) return true;
      const [, destination] =
        /^refused-by-(.+?)(?:-every-member)?$/.exec(reason) ?? /^(.+)-(?:\d{3}|\dxx)$/.exec(reason) ?? [];
      return destination !== undefined && code.includes(`"${destination}"`);
    };
    const documented = REASON_SECTIONS.flatMap(reasonsUnder);
    expect(documented.length).toBeGreaterThan(40);
    expect(documented.filter((reason) => !isGiven(reason))).toEqual([]);
  });

  test("has what waits for its turn apart from what is tried again after a failure", () => {
    expect(reasonsUnder("Waiting for its turn").toSorted()).toEqual([...WAITING_REASONS].toSorted());
  });
});

const REASON_SECTIONS = [
  "Dead",
  "Dropped",
  "Waiting for its turn",
  "Tried again after a failure",
  "Waiting for a person",
  "Reading the audit log",
];

/** The first column of the table under a heading. */
function wordsUnder(heading: string): readonly string[] {
  return [...sectionUnder(heading).matchAll(/^\| `(\w+)` *\|/gm)].map(([, word = ""]) => word);
}

/** The reasons at which the items of the list under a heading begin. */
function reasonsUnder(heading: string): readonly string[] {
  return [...sectionUnder(heading).matchAll(/^- ([^:]*):/gm)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, reason = ""]) => reason),
  );
}

function sectionUnder(heading: string): string {
  const [, section = ""] = new RegExp(`^#+ ${heading}\n(.*?)(?=^#|$(?![^]))`, "ms").exec(page) ?? [];
  expect(section, heading).not.toBe("");
  return section;
}

const root = join(import.meta.dirname, "../..");
const code = globSync("{lib,functions}/**/*.ts", { cwd: root })
  .filter((file) => !/\.(test|contract|simulation|invocation)\.ts$/.test(file))
  .map((file) => readFileSync(join(root, file), "utf8"))
  .join("\n");
/** Reasons of a fate as they stand in the code; those of a membership that cannot be read never leave ingest. */
const literalReasons = new Set(
  [
    ...code.matchAll(
      /(?:retrySoon\(|retryWithBackoff\(|reason: )(?:timedOut \? )?"([a-z-]+)"(?: : "([a-z-]+)")?/g,
    ),
  ]
    .flatMap(([, one, other]) => [one, other])
    .filter((reason) => reason !== undefined)
    .filter((reason) => reason !== "absent" && reason !== "not-boolean"),
);
