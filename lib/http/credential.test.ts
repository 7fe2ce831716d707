import { expect, test } from "vitest";
import { type SecretAnswer, SecretUnreachable, secretValue } from "./credential.ts";

/** Reads a secret that is answered so, and says what came of it and what the operator was told. */
async function read(answer: SecretAnswer<string> | undefined) {
  const told: string[] = [];
  const readSecrets = async () => new Map(answer ? [["a", answer]] : []);
  const result = await secretValue("a", "cached", {
    readSecrets,
    onProblem: (problem) => void told.push(problem),
  }).catch((error: unknown) => error);
  return { result, told };
}

test("a usable secret is its value", async () => {
  expect(await read({ kind: "usable", value: "x" })).toEqual({ result: "x", told: [] });
});

test.each<[string, SecretAnswer<string> | undefined, boolean]>([
  ["that a person has to mend", { kind: "unusable", problem: "mend it" }, false],
  ["that could not be read for the moment", { kind: "unreachable", problem: "not now" }, true],
  ["that nobody answered for", undefined, false],
])(
  "a secret %s is told to the operator, and says whether that passes by itself",
  async (_name, answer, passes) => {
    const { result, told } = await read(answer);
    expect(result instanceof SecretUnreachable).toBe(passes);
    expect(result).toMatchObject({ message: told[0] });
    expect(told).toHaveLength(1);
  },
);
