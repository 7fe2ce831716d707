import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { entryOfItem, isItemOf } from "../../lib/audience/ledger/items.ts";
import { entryPlaces } from "../../lib/audience/ledger/keys.ts";
import {
  audienceOperationsMessage,
  isAudienceOperationsMessage,
} from "../../lib/messages/audience-operations.ts";
import { erasureRequestMessage, isErasureRequestMessage } from "../../lib/messages/erasure-request.ts";
import { flagQueueMessage, isFlagQueueMessage } from "../../lib/messages/flag-changes.ts";
import { isMetricEventsMessage, metricEventsMessage } from "../../lib/messages/metric-events.ts";

const folder = join(import.meta.dirname, "../vectors/released");

const SHAPES: Readonly<
  Record<string, { readonly schema: z.core.$ZodType; readonly isRight: (value: unknown) => boolean }>
> = {
  "audience.operations": { schema: audienceOperationsMessage, isRight: isAudienceOperationsMessage },
  "metric.events": { schema: metricEventsMessage, isRight: isMetricEventsMessage },
  "erasure.request": { schema: erasureRequestMessage, isRight: isErasureRequestMessage },
  "flag.change": { schema: flagQueueMessage, isRight: isFlagQueueMessage },
  "flag.annotation": { schema: flagQueueMessage, isRight: isFlagQueueMessage },
};

const attribute = z.record(z.string(), z.record(z.string(), z.string()));
const released = z.object({
  messages: z.array(z.object({ about: z.string(), message: z.looseObject({ kind: z.string() }) })),
  ledger: z.array(
    z.object({
      about: z.string(),
      segment: z.object({ environment: z.string(), segment: z.string() }),
      contextKind: z.string(),
      key: z.string(),
      entry: z.unknown(),
      item: attribute,
    }),
  ),
});

describe.each(globSync("*.json", { cwd: folder }))("what was released in %s", (name) => {
  const { messages, ledger } = released.parse(JSON.parse(readFileSync(join(folder, name), "utf8")));

  test.each(messages)("is still a message: $about", ({ message }) => {
    const shape = SHAPES[message.kind];
    expect(shape?.isRight(message)).toBe(true);
    expect(shape && z.safeParse(shape.schema, message)).toMatchObject({ success: true, data: message });
  });

  test.each(ledger)("is still found in the ledger: $about", ({ segment, contextKind, key, entry, item }) => {
    const { home } = entryPlaces(segment, contextKind, key);
    expect([item.pk?.S, item.sk?.S]).toEqual([home.pk, home.sk]);
    expect(isItemOf(item, key)).toBe(true);
    expect(entryOfItem(item)).toEqual(entry);
  });
});

test("every release from 0.2.0 on has its file", () => {
  const versions = [
    ...readFileSync(join(folder, "../../../CHANGELOG.md"), "utf8").matchAll(/^## (\d[\d.]+)/gm),
  ].map(([, version]) => version);
  const files = globSync(join(folder, "*.json")).map((path) => basename(path, ".json"));
  expect(files).toEqual(expect.arrayContaining(versions));
});
