import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { consoleUrl, openPage } from "../support/console-page.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";

/** What docs/console.md says under "A tour", done in a browser. With CONSOLE_PICTURE its picture is taken again on the way. */

const root = join(import.meta.dirname, "../..");
/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

let browser: Browser;
let stack: StackProcess;

beforeAll(async () => {
  [browser, stack] = await Promise.all([
    openBrowser(),
    startStackProcess(["--batch-window", "0", "--quiet"]),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** The sentences of the tour that say what to do or to see, in their order. */
function steps(): readonly string[] {
  const text = readFileSync(join(root, "docs/console.md"), "utf8");
  const tour = text.slice(text.indexOf("## A tour"), text.indexOf("## What it shows"));
  return tour
    .replaceAll(/\n {3}/g, " ")
    .split("\n")
    .filter((line) => /^\d+\. /.test(line))
    .flatMap((line) => line.replace(/^\d+\. /, "").split(/(?<=\.) /))
    .filter((sentence) => /^(Press|See|Open|Turn) /.test(sentence));
}

const region = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

const VERBS: readonly (readonly [RegExp, (page: Page, ...names: string[]) => Promise<void>])[] = [
  [
    /^Press \*\*(.+)\*\* in the row `(.+)` of \*\*(.+)\*\*\.$/,
    async (page, button = "", row = "", section = "") => {
      await region(page, section)
        .getByRole("row", { name: row })
        .getByRole("button", { name: button })
        .click();
    },
  ],
  [
    /^See `(.+)` in \*\*(.+)\*\*\.$/,
    (page, text = "", section = "") => region(page, section).getByText(text).first().waitFor(),
  ],
  [
    /^Open `(.+)` in \*\*(.+)\*\*\.$/,
    async (page, row = "", section = "") => {
      const opener = region(page, section)
        .getByRole("row", { name: row })
        .first()
        .getByRole("button")
        .first();
      await opener.click();
    },
  ],
  [
    /^Turn (on|off) \*\*(.+)\*\*\.$/,
    async (page, how = "", name = "") => {
      const wanted = page.getByRole("switch", { name });
      await wanted.click();
      await expect.poll(() => wanted.isChecked()).toBe(how === "on");
    },
  ],
];

test("the tour goes as docs/console.md says", async () => {
  const { page, errors } = await openPage(browser, consoleUrl(stack));
  page.setDefaultTimeout(90_000);
  const sentences = steps();
  expect(sentences.length).toBeGreaterThan(10);
  for (const sentence of sentences) {
    const verb = VERBS.find(([pattern]) => pattern.test(sentence));
    expect(verb, `"${sentence}" says nothing that this test can do`).toBeDefined();
    const [pattern, act] = verb ?? [/$/, async () => {}];
    const [, ...names] = pattern.exec(sentence) ?? [];
    await act(page, ...names).catch((error: unknown) => {
      throw new Error(`"${sentence}" did not come true`, { cause: error });
    });
    if (process.env.CONSOLE_PICTURE && sentence.startsWith("Open `refused")) await takePicture(page);
  }
  expect(errors).toEqual([]);
});

/** With some traffic, so that the charts have something to show. */
async function takePicture(page: Page): Promise<void> {
  for (const row of ["segment-metric", "launchdarkly-flag-change", "flagbridge-metric", "segment-metric"]) {
    await page.getByRole("row", { name: row }).getByRole("button", { name: "Send" }).click();
    await page.waitForTimeout(2_500);
  }
  await page.waitForTimeout(10_000);
  await page.evaluate("scrollTo(0, 0)");
  const clip = { x: 0, y: 0, width: 1280, height: 1000 };
  await page.setViewportSize({ width: clip.width, height: clip.height });
  await page.screenshot({ path: join(root, "docs/console.png"), clip });
}
