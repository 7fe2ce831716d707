import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { untilQueuesAreEmpty } from "../support/empty-queues.ts";
import { documentedSettings, openPageOfElsewhere } from "./browser-page.ts";
import { answersToOrders, twoOrders } from "./expected.ts";
import type { Front } from "./front.ts";
import { runProgram } from "./run-client.ts";
import { type Client, openSdkStack, type SdkStack } from "./sdk-stack.ts";

const folder = join(import.meta.dirname, "browser");
const SEGMENT: Client = { name: "browser-segment", source: "segment", brings: "metrics", loss: "503" };
const RUDDERSTACK: Client = {
  name: "browser-rudder",
  source: "rudderstack",
  brings: "metrics",
  loss: "503",
};
/** Its SDK reads no status: only what never comes is sent again. */
const HIGHTOUCH: Client = {
  name: "browser-hightouch",
  source: "segment",
  brings: "metrics",
  loss: "closed connection",
};
const SEGMENT_BATCHES: Client = { ...SEGMENT, name: "browser-segment-batches" };
const RUDDERSTACK_BATCHES: Client = { ...RUDDERSTACK, name: "browser-rudder-batches" };

let browser: Browser;
let stack: SdkStack;

beforeAll(async () => {
  await installPackages();
  [browser, stack] = await Promise.all([
    openBrowser(),
    openSdkStack([SEGMENT, RUDDERSTACK, HIGHTOUCH, SEGMENT_BATCHES, RUDDERSTACK_BATCHES]),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.close();
});

/** What a shop's page does, and what anybody can do who has read its write key: claim to be Engage. */
const SHOP = `
const personas = { computation_class: "audience", computation_id: "aud-beta", computation_key: "beta_users" };
analytics.page("Basket");
analytics.identify("u-2", { beta_users: true }, { context: { personas } });
globalThis.order = (properties) => void analytics.track("Order Completed", properties);
`;
const FIRST = 'order({ revenue: 12.5, plan: "beta" });';
const SECOND = "order({ value: 7 });";

describe.each([
  { sdk: "Segment's", page: "segment.md", client: SEGMENT },
  { sdk: "RudderStack's", page: "rudderstack.md", client: RUDDERSTACK },
  { sdk: "Hightouch's", page: "hightouch.md", client: HIGHTOUCH },
])("$sdk SDK, set up as docs/sources/$page says, on a page of another origin", ({ page, client }) => {
  test("has each order counted once though an answer was lost, and changes no segment", async () => {
    const { front, writeKey } = stack.settingsOf(client);
    const settings = documentedSettings(page, { apiUrl: front.url, writeKey });
    const opened = await openPageOfElsewhere(browser, {
      script: settings + SHOP + FIRST,
      apiUrl: front.url,
    });
    try {
      const lost = client.loss === "503" ? 503 : undefined;
      await answersAre(front, [lost, 200]);
      // In one request with the second order, the repeated first one would have another payload id: docs/metrics.md.
      await untilQueuesAreEmpty(stack.url);
      await opened.run(SECOND);
      await answersAre(front, [lost, 200, 200]);
      expect(await stack.outcomeOf(client)).toEqual({ segments: [], events: ordersOfOne(client) });
      const asked = front.exchanges().filter(({ method }) => method === "OPTIONS");
      expect(asked.length).toBeGreaterThan(0);
      for (const { status } of asked) expect(status).toBe(204);
      expect(opened.elsewhere).toEqual([]);
      expect(opened.errors.filter((error) => !/Failed to load resource/.test(error))).toEqual([]);
    } finally {
      await opened.close();
    }
  });
});

describe.each([
  {
    sdk: "Segment's",
    page: "segment.md",
    client: SEGMENT_BATCHES,
    where: "protocol:",
    option: 'deliveryStrategy: { strategy: "batching", config: { timeout: 1000 } }',
    path: "/v1/b",
  },
  {
    sdk: "RudderStack's",
    page: "rudderstack.md",
    client: RUDDERSTACK_BATCHES,
    where: "getSourceConfig:",
    option: "queueOptions: { batch: { enabled: true, flushInterval: 1000 } }",
    path: "/v1/batch",
  },
])("$sdk SDK in batches", ({ page, client, where, option, path }) => {
  test("has each order of a repeated batch counted once", async () => {
    const { front, writeKey } = stack.settingsOf(client);
    const settings = documentedSettings(page, { apiUrl: front.url, writeKey });
    const batching = settings.replace(where, `${option}, ${where}`);
    const opened = await openPageOfElsewhere(browser, {
      script: batching + SHOP + FIRST + SECOND,
      apiUrl: front.url,
    });
    try {
      await answersAre(front, [503, 200]);
      expect(await stack.outcomeOf(client)).toEqual({ segments: [], events: ordersOfOne(client) });
      const sent = front.exchanges().filter(({ body }) => body.includes("Order Completed"));
      expect(sent.map((exchange) => exchange.path)).toEqual([path, path]);
    } finally {
      await opened.close();
    }
  });
});

const answersAre = (front: Front, answers: readonly (number | undefined)[]) =>
  expect.poll(() => answersToOrders(front.exchanges()), { timeout: 60_000 }).toEqual(answers);

/** One visitor of the page has placed both orders. */
function ordersOfOne(client: Client): readonly object[] {
  const invented = expect.stringMatching(/^[0-9a-f-]{36}$/);
  return twoOrders(client, { user: "u-2", unauthenticatedUser: invented });
}

/** Exactly what package-lock.json names, unless an earlier run has installed it. */
async function installPackages(): Promise<void> {
  const changed = (file: string) => statSync(join(folder, file)).mtimeMs;
  const installed = "node_modules/.package-lock.json";
  if (existsSync(join(folder, installed)) && changed(installed) >= changed("package-lock.json")) return;
  await runProgram("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { folder });
}
