import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { documentedSettings, openPageOfElsewhere } from "./browser-page.ts";
import { answersToOrders, twoOrders } from "./expected.ts";
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

let browser: Browser;
let stack: SdkStack;

beforeAll(async () => {
  await installPackages();
  [browser, stack] = await Promise.all([openBrowser(), openSdkStack([SEGMENT, RUDDERSTACK, HIGHTOUCH])]);
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
analytics.track("Order Completed", { revenue: 12.5, plan: "beta" });
analytics.track("Order Completed", { value: 7 });
`;

test.each([
  { sdk: "Segment's", page: "segment.md", client: SEGMENT, answers: [200, 200, 503] },
  { sdk: "RudderStack's", page: "rudderstack.md", client: RUDDERSTACK, answers: [200, 200, 503] },
  { sdk: "Hightouch's", page: "hightouch.md", client: HIGHTOUCH, answers: [200, 200, undefined] },
])(
  "$sdk SDK, set up as docs/sources/$page says on a page of another origin, has each order counted once and changes no segment",
  async ({ page, client, answers }) => {
    const { front, writeKey } = stack.settingsOf(client);
    const settings = documentedSettings(page, { apiUrl: front.url, writeKey });
    const opened = await openPageOfElsewhere(browser, { script: settings + SHOP, apiUrl: front.url });
    try {
      await expect
        .poll(() => answersToOrders(front.exchanges()).length, { timeout: 60_000 })
        .toBe(answers.length);
      const anonymous = { unauthenticatedUser: expect.stringMatching(/^[0-9a-f-]{36}$/) };
      const { segments, events } = await stack.outcomeOf(client);
      expect(events).toHaveLength(2);
      expect(events).toEqual(expect.arrayContaining([...twoOrders(client, { user: "u-2", ...anonymous })]));
      expect(segments).toEqual([]);
      expect(answersToOrders(front.exchanges()).toSorted()).toEqual(answers);
      const asked = front.exchanges().filter(({ method }) => method === "OPTIONS");
      expect(asked.length).toBeGreaterThan(0);
      for (const { status } of asked) expect(status).toBe(204);
      expect(opened.elsewhere).toEqual([]);
      expect(opened.errors.filter((error) => !/Failed to load resource/.test(error))).toEqual([]);
    } finally {
      await opened.close();
    }
  },
);

/** Exactly what package-lock.json names, unless an earlier run has installed it. */
async function installPackages(): Promise<void> {
  const changed = (file: string) => statSync(join(folder, file)).mtimeMs;
  const installed = "node_modules/.package-lock.json";
  if (existsSync(join(folder, installed)) && changed(installed) >= changed("package-lock.json")) return;
  await runProgram("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { folder });
}
