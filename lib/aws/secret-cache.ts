import type { Freshness, ReadSecrets, SecretAnswer } from "../http/credential.ts";
import { type AnswerTo, answerTo, type SecretCheck } from "./secret-answer.ts";

/**
 * The age at which a secret is not used before it has been read again: a key that was taken out of it opens nothing from
 * then on. docs/adr/0009-a-removed-key-ends-in-30-seconds.md
 */
export const SECRET_FRESH_MS = 30_000;

/** The age from which a secret that is asked for is read again while it is used, so that nobody waits for Secrets Manager. */
export const SECRET_REREAD_MS = SECRET_FRESH_MS / 2;

/**
 * How soon a secret that seems wrong is read again: a rotation works without a cold start, and a wrong key causes no flood
 * of calls.
 */
export const SECRET_REFRESH_MS = 30_000;

/** How long a secret that was good is used while Secrets Manager does not answer: a shorter outage fails no request. */
export const SECRET_STALE_MS = 60 * 60_000;

/** A secret as Secrets Manager gave it. `unreachable`: nothing is known, so what was read before still stands. */
export type FetchedSecret =
  | { readonly kind: "text"; readonly text: string }
  /** No secret of this name, or one without a value: Secrets Manager does not tell them apart. */
  | { readonly kind: "absent" }
  | { readonly kind: "unusable"; readonly problem: string }
  | { readonly kind: "unreachable"; readonly problem: string };

type Entry<Value> = {
  readonly answer: SecretAnswer<Value>;
  /** What was read; absent where nothing was. */
  readonly text?: string;
  /** When the read that gave the answer began: what Secrets Manager gave may be as old as that. */
  readonly readAtMs: number;
  /** When the last read began, whatever came of it. */
  readonly triedAtMs: number;
  /** When somebody last doubted it; absent while nobody has. */
  readonly refreshedAtMs?: number;
};

type UnderWay = { readonly startedAtMs: number; readonly done: Promise<void> };

/**
 * Reads through a memory.
 *
 * | a good secret that was read | is |
 * |---|---|
 * | less than {@link SECRET_REREAD_MS} ago | used |
 * | less than {@link SECRET_FRESH_MS} ago | used, and read again meanwhile |
 * | longer ago | read again first; used as it was for {@link SECRET_STALE_MS} while Secrets Manager does not answer |
 *
 * A bad secret, and one that could not be read, is read again after {@link SECRET_REFRESH_MS}. Secrets that are due soon are read in the same call. A
 * secret that has not changed keeps its answer, the same object: another object means that the secret has changed.
 */
export function cacheSecrets<Value>(options: {
  /** Must not reject, because nobody may be waiting for it. */
  readonly fetchSecrets: (names: readonly string[]) => Promise<ReadonlyMap<string, FetchedSecret>>;
  readonly check: SecretCheck<Value>;
  /** How the operator knows the secret: its name in Secrets Manager. */
  readonly fullName: (name: string) => string;
  readonly now: () => number;
}): ReadSecrets<Value> {
  const { fetchSecrets, check, fullName, now } = options;
  const entries = new Map<string, Entry<Value>>();
  const underWay = new Map<string, UnderWay>();

  const read = async (
    names: readonly string[],
    { doubted, startedAtMs }: { readonly doubted: readonly string[]; readonly startedAtMs: number },
  ): Promise<void> => {
    const fetched = await fetchSecrets(names);
    for (const name of names) {
      const secret = fetched.get(name) ?? {
        kind: "unreachable",
        problem: `secret "${fullName(name)}" was not in the answer`,
      };
      const before = entries.get(name);
      // A function is frozen between requests: a read that it was frozen in may end after one that began later.
      if (before && before.triedAtMs > startedAtMs) continue;
      const refreshedAtMs = doubted.includes(name) ? startedAtMs : before?.refreshedAtMs;
      const answers = answerTo(fullName(name), (value) => check(value, name));
      const next = nextEntry(before, secret, startedAtMs, answers);
      entries.set(name, { ...next, ...(refreshedAtMs !== undefined && { refreshedAtMs }) });
    }
  };

  const startRead = (asked: readonly string[], freshness: Freshness, startedAtMs: number): void => {
    const free = (name: string) => !isUnderWay(underWay.get(name), startedAtMs);
    const own = asked.filter(free);
    if (own.length === 0) return;
    // A call costs the same for one secret as for twenty, so it also reads those due soon; next time all are due together.
    const others = [...entries].flatMap(([name, { triedAtMs }]) =>
      !asked.includes(name) && free(name) && startedAtMs - triedAtMs >= SECRET_REREAD_MS / 2 ? [name] : [],
    );
    const names = [...own, ...others];
    const doubted = freshness === "refreshed" ? own : [];
    const reading: UnderWay = {
      startedAtMs,
      done: read(names, { doubted, startedAtMs }).finally(() => {
        for (const name of names) if (underWay.get(name) === reading) underWay.delete(name);
      }),
    };
    for (const name of names) underWay.set(name, reading);
  };

  return async (names, freshness) => {
    const startedAtMs = now();
    const needs = new Map(names.map((name) => [name, needOf(entries.get(name), freshness, startedAtMs)]));
    const due = [...needs].flatMap(([name, need]) => (need === "none" ? [] : [name]));
    startRead(due, freshness, startedAtMs);
    const awaited = due.filter((name) => needs.get(name) === "before-use");
    await Promise.all(awaited.map((name) => underWay.get(name)?.done));
    return new Map(names.map((name) => [name, answerOf(entries.get(name), fullName(name))]));
  };
}

/** A read that has been under way for long was frozen with its function, so its answer is as old as its start. */
function isUnderWay(reading: UnderWay | undefined, nowMs: number): boolean {
  return reading !== undefined && nowMs - reading.startedAtMs < SECRET_REREAD_MS;
}

/** Whether a secret has to be read again: before it is used, or while it is. */
function needOf<Value>(
  entry: Entry<Value> | undefined,
  freshness: Freshness,
  nowMs: number,
): "none" | "meanwhile" | "before-use" {
  if (!entry) return "before-use";
  const { answer, triedAtMs, refreshedAtMs = Number.NEGATIVE_INFINITY } = entry;
  // The first doubt about a secret is looked into at once: it may have been rotated right after it was read.
  if (freshness === "refreshed" && answer.kind === "usable" && nowMs - refreshedAtMs >= SECRET_REFRESH_MS)
    return "before-use";
  const ageMs = nowMs - triedAtMs;
  if (answer.kind !== "usable") return ageMs >= SECRET_REFRESH_MS ? "before-use" : "none";
  if (ageMs >= SECRET_FRESH_MS) return "before-use";
  return ageMs >= SECRET_REREAD_MS ? "meanwhile" : "none";
}

function nextEntry<Value>(
  before: Entry<Value> | undefined,
  secret: FetchedSecret,
  startedAtMs: number,
  answerTo: AnswerTo<Value>,
): Entry<Value> {
  const times = { readAtMs: startedAtMs, triedAtMs: startedAtMs };
  switch (secret.kind) {
    case "text": {
      const { text } = secret;
      return { answer: before?.text === text ? before.answer : answerTo.text(text), text, ...times };
    }
    case "absent":
      return { answer: answerTo.absence(), ...times };
    case "unusable":
      return { answer: secret, ...times };
    case "unreachable":
      if (before?.answer.kind === "usable" && startedAtMs - before.readAtMs < SECRET_STALE_MS)
        return { ...before, triedAtMs: startedAtMs };
      return { answer: secret, ...times };
  }
}

function answerOf<Value>(entry: Entry<Value> | undefined, fullName: string): SecretAnswer<Value> {
  return entry?.answer ?? { kind: "unreachable", problem: `secret "${fullName}" could not be read` };
}
