import type { BundleSize } from "./build.ts";

/** The most bytes that a bundle may have, by the name of its function. */
export type SizeBudgets = Readonly<Record<string, number>> & { readonly "other functions": number };

/** What is wrong with the sizes of the bundles: each one that is over its budget, with what weighs most in it. */
export function overBudget(
  sizes: readonly Pick<BundleSize, "name" | "bytes" | "largest">[],
  budgets: SizeBudgets,
): string[] {
  return sizes.flatMap(({ name, bytes, largest }) => {
    const budget = budgets[name.replace(/\.cjs$/, "")] ?? budgets["other functions"];
    if (bytes <= budget) return [];
    const modules = largest.map((module) => `  ${kilobytes(module.bytes)}  ${module.path}`);
    return [
      [`${name} has ${kilobytes(bytes)}, its budget is ${kilobytes(budget)}. Largest:`, ...modules].join(
        "\n",
      ),
    ];
  });
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} KB`;
}
