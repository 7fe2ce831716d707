import { join } from "node:path";
import { expect, test } from "vitest";
import { readConnectionsFile } from "../../lib/connections/yaml.ts";
import { seededMetrics } from "./seeded-metrics.ts";

test("the events of the documentation count from the start, for the context kinds of the connections", async () => {
  const read = await readConnectionsFile(join(import.meta.dirname, "../connections.yml"));
  if (!read.ok) throw new Error(read.problems.join("\n"));
  expect([...seededMetrics(read.connections)]).toEqual([
    [
      "default",
      [
        expect.objectContaining({
          eventKey: "Order Completed",
          randomizationUnits: ["user"],
          activeExperimentCount: 1,
        }),
      ],
    ],
  ]);
});
