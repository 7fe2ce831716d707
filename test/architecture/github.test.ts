import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const forms = globSync(".github/ISSUE_TEMPLATE/*.yml", { cwd: root }).filter(
  (path) => !path.endsWith("config.yml"),
);

test("the workflow runs .ci/run and nothing of its own, on every Node version that the README promises", () => {
  const [job] = Object.values<{ steps: { run?: string }[]; strategy: { matrix: { node: number[] } } }>(
    parse(read(".github/workflows/ci.yml")).jobs,
  );
  const promised = [
    ...read("README.md").matchAll(/Node (\d+) or newer|Node (\d+) \(from|, (\d+) or (\d+) it prints/g),
  ]
    .flatMap(([, ...versions]) => versions)
    .flatMap((version) => (version ? [Number(version)] : []));
  expect(promised).toEqual([20, 22, 24, 26]);
  expect(job?.strategy.matrix.node).toEqual(promised);
  expect(job?.steps.flatMap(({ run }) => run ?? [])).toEqual(["bash .ci/run"]);
});

test.each(forms)("%s asks for what the doctor says, or is about no fault", (path) => {
  const fields: { id?: string; attributes: { label?: string } }[] = parse(read(path)).body;
  const asks = fields.some(({ attributes }) => attributes.label?.includes("npx flagbridge doctor --json"));
  expect(asks).toBe(!path.endsWith("idea.yml"));
});
