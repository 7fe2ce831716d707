import type { SecretAnswer } from "../http/credential.ts";

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

/** Turns a secret that was read into its value, or into what the operator has to put right. */
export type AnswerTo<Value> = {
  readonly text: (text: string) => SecretAnswer<Value>;
  readonly absence: () => SecretAnswer<Value>;
};

export function answerTo<Value>(
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
      // For a secret that holds nothing, the problem lists what it has to hold.
      const checked = check({});
      const wanted = checked.ok ? "" : ` (${checked.problems.join("; ")})`;
      return unusable(` has no value${wanted}: fill it with: ${fill}; the deploy creates it, empty`);
    },
  };
}
