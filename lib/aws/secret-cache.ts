/** How long a secret that was read is used without looking again. */
export const SECRET_FRESH_MS = 5 * 60_000;

/** How soon a secret is read again when it seems wrong: a rotation needs no cold start, a wrong key no flood of calls. */
export const SECRET_REFRESH_MS = 30_000;

/**
 * A secret as its user gets it. `problem` names the secret, says what is wrong and what to type, and is safe to
 * log: it never holds a part of the value.
 */
export type SecretAnswer<Value> =
  | { readonly kind: "usable"; readonly value: Value }
  | { readonly kind: "unusable"; readonly problem: string };

/** `refreshed` reads again what was not refreshed within {@link SECRET_REFRESH_MS}: after a 401, on either side. */
export type Freshness = "cached" | "refreshed";

/** One answer per name asked for. Never rejects. */
export type ReadSecrets<Value> = (
  names: readonly string[],
  freshness: Freshness,
) => Promise<ReadonlyMap<string, SecretAnswer<Value>>>;

/** A secret as Secrets Manager gave it. `unreachable`: nothing is known, so what was read before still stands. */
export type FetchedSecret =
  | { readonly kind: "text"; readonly text: string }
  /** No secret of this name, or one without a value: Secrets Manager does not tell them apart. */
  | { readonly kind: "absent" }
  | { readonly kind: "unusable"; readonly problem: string }
  | { readonly kind: "unreachable"; readonly problem: string };

/**
 * Whether the parsed JSON of the secret of this name has the shape its user expects. The problems name a path and what
 * was expected, never a value.
 */
export type SecretCheck<Value> = (
  value: unknown,
  name: string,
) =>
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly string[] };

type Entry<Value> = {
  readonly answer: SecretAnswer<Value>;
  readonly readAtMs: number;
  readonly triedAtMs: number;
  /** When somebody last doubted it; absent while nobody has. */
  readonly refreshedAtMs?: number;
};

/**
 * Reads through a memory. A good secret is kept for {@link SECRET_FRESH_MS}; a bad one is looked at again after
 * {@link SECRET_REFRESH_MS}; one that was good stays usable while Secrets Manager does not answer.
 */
export function cacheSecrets<Value>(options: {
  readonly fetchSecrets: (names: readonly string[]) => Promise<ReadonlyMap<string, FetchedSecret>>;
  readonly check: SecretCheck<Value>;
  /** How the operator knows the secret: its name in Secrets Manager. */
  readonly fullName: (name: string) => string;
  readonly now: () => number;
}): ReadSecrets<Value> {
  const { fetchSecrets, check, fullName, now } = options;
  const entries = new Map<string, Entry<Value>>();
  const underWay = new Map<string, Promise<void>>();

  const read = async (names: readonly string[], freshness: Freshness): Promise<void> => {
    const fetched = await fetchSecrets(names);
    const nowMs = now();
    for (const name of names) {
      const secret = fetched.get(name) ?? {
        kind: "unreachable",
        problem: `secret "${fullName(name)}" was not in the answer`,
      };
      const before = entries.get(name);
      const refreshedAtMs = freshness === "refreshed" ? nowMs : before?.refreshedAtMs;
      const next = nextEntry(
        before,
        secret,
        nowMs,
        answerTo(fullName(name), (value) => check(value, name)),
      );
      entries.set(name, { ...next, ...(refreshedAtMs !== undefined && { refreshedAtMs }) });
    }
  };

  return async (names, freshness) => {
    const due = [...new Set(names)].filter((name) => isDue(entries.get(name), freshness, now()));
    const own = due.filter((name) => !underWay.has(name));
    if (own.length > 0) {
      const reading = read(own, freshness).finally(() => {
        for (const name of own) underWay.delete(name);
      });
      for (const name of own) underWay.set(name, reading);
    }
    await Promise.all(due.map((name) => underWay.get(name)));
    return new Map(names.map((name) => [name, answerOf(entries.get(name), fullName(name))]));
  };
}

function isDue<Value>(entry: Entry<Value> | undefined, freshness: Freshness, nowMs: number): boolean {
  if (!entry) return true;
  // The first doubt about a secret is looked into at once: it may have been rotated right after it was read.
  if (freshness === "refreshed" && entry.answer.kind === "usable")
    return nowMs - (entry.refreshedAtMs ?? Number.NEGATIVE_INFINITY) >= SECRET_REFRESH_MS;
  if (nowMs - entry.triedAtMs < SECRET_REFRESH_MS) return false;
  if (entry.answer.kind === "unusable") return true;
  return nowMs - entry.readAtMs >= SECRET_FRESH_MS;
}

function nextEntry<Value>(
  before: Entry<Value> | undefined,
  secret: FetchedSecret,
  nowMs: number,
  answerTo: AnswerTo<Value>,
): Entry<Value> {
  switch (secret.kind) {
    case "text":
      return { answer: answerTo.text(secret.text), readAtMs: nowMs, triedAtMs: nowMs };
    case "absent":
      return { answer: answerTo.absence(), readAtMs: nowMs, triedAtMs: nowMs };
    case "unusable":
      return { answer: secret, readAtMs: nowMs, triedAtMs: nowMs };
    case "unreachable":
      if (before?.answer.kind === "usable") return { ...before, triedAtMs: nowMs };
      return { answer: { kind: "unusable", problem: secret.problem }, readAtMs: nowMs, triedAtMs: nowMs };
  }
}

function answerOf<Value>(entry: Entry<Value> | undefined, fullName: string): SecretAnswer<Value> {
  return entry?.answer ?? { kind: "unusable", problem: `secret "${fullName}" could not be read` };
}

type AnswerTo<Value> = {
  readonly text: (text: string) => SecretAnswer<Value>;
  readonly absence: () => SecretAnswer<Value>;
};

function answerTo<Value>(
  fullName: string,
  check: (value: unknown) => ReturnType<SecretCheck<Value>>,
): AnswerTo<Value> {
  const fill = `aws secretsmanager put-secret-value --secret-id ${fullName} --secret-string '{…}'`;
  const unusable = (problem: string) =>
    ({ kind: "unusable", problem: `secret "${fullName}"${problem}` }) as const;
  return {
    text: (text) => {
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        // The parser's own message quotes the text, which is the secret.
        return unusable(` is not JSON: put it right with: ${fill}`);
      }
      const checked = check(json);
      if (checked.ok) return { kind: "usable", value: checked.value };
      return unusable(`: ${checked.problems.join("; ")}; put it right with: ${fill}`);
    },
    absence: () => {
      // What is wrong with a secret that holds nothing is what it has to hold.
      const checked = check({});
      const wanted = checked.ok ? "" : ` (${checked.problems.join("; ")})`;
      return unusable(` has no value${wanted}: fill it with: ${fill}; the deploy creates it, empty`);
    },
  };
}
