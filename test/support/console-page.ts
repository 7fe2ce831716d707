import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { StackProcess } from "./stack-process.ts";

/** The URL that opens the console of a stack, as it has printed it. */
export function consoleUrl({ stderr }: Pick<StackProcess, "stderr">): string {
  const url = /https?:\/\/\S+\/console\?\S+/.exec(stderr())?.[0];
  if (url === undefined) throw new Error("the stack printed no URL of its console");
  return url;
}

/** Opens the console in a browser context of its own, and waits until it is live. Errors of the page fail the test that looks at them. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(url);
  await page.getByText("Live", { exact: true }).waitFor();
  return { page, errors };
}
