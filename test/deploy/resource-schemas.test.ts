import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { CLOUDFORMATION_ACTIONS } from "../support/cloudformation-actions.ts";
import { virtualEnvironment } from "./virtual-environment.ts";

/** The rows of test/support/cloudformation-actions.ts against the schemas that AWS publishes, of which cfn-lint brings a copy. */

const schema = z.object({
  typeName: z.string(),
  handlers: z.record(z.string(), z.object({ permissions: z.array(z.string()).default([]) })).default({}),
  tagging: z.object({ permissions: z.array(z.string()).default([]) }).optional(),
});

/** By type; where regions differ, all of them together. */
function publishedActions(): ReadonlyMap<string, ReadonlySet<string>> {
  const { python } = virtualEnvironment();
  const folder = join(dirname(dirname(python)), "lib/python*/site-packages/cfnlint/data/schemas/resources");
  const published = new Map<string, Set<string>>();
  for (const path of globSync(`${folder}/*.json`)) {
    const text = readFileSync(path, "utf8");
    if (!Object.keys(CLOUDFORMATION_ACTIONS).some((type) => text.includes(`"${type}"`))) continue;
    const { typeName, handlers, tagging } = schema.parse(JSON.parse(text));
    // Listing is for whoever looks for resources that are in no stack.
    const called = Object.entries(handlers).flatMap(([name, { permissions }]) =>
      name === "list" ? [] : permissions,
    );
    const known = published.get(typeName) ?? [];
    published.set(typeName, new Set([...known, ...called, ...(tagging?.permissions ?? [])]));
  }
  return published;
}

const published = publishedActions();

test.each(Object.keys(CLOUDFORMATION_ACTIONS))(
  "%s: every action of AWS's schema is called or has a reason why not, and no other is thought of",
  (type) => {
    const {
      calls = [],
      withProperty = {},
      unused = {},
      besideSchema = [],
    } = CLOUDFORMATION_ACTIONS[type] ?? {};
    const rows = [...calls, ...Object.values(withProperty).flat(), ...Object.values(unused).flat()];
    const inSchema = new Set(rows.filter((action) => !besideSchema.includes(action)));
    expect([...inSchema].sort()).toEqual([...(published.get(type) ?? [])].sort());
    expect(besideSchema.filter((action) => published.get(type)?.has(action))).toEqual([]);
    const withReason = Object.values(unused).flat();
    expect(withReason.filter((action) => calls.includes(action))).toEqual([]);
  },
);
