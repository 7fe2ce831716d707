import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { buildPage } from "../../console/build-page.ts";
import { openConsole } from "../../console/open-console.ts";
import { listenOnLoopback } from "../../dev/listen.ts";
import { openTarget, type Target } from "../../operator/target.ts";
import { openBrowser } from "../support/browser.ts";
import { consoleUrl, openPage } from "../support/console-page.ts";
import { flagbridge } from "../support/flagbridge.ts";
import { recordingServer } from "../support/recording-server.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";

const OPTIONS = ["--batch-window", "0", "--quiet"];

/** A busy machine is slow, and that is no failure. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

let browser: Browser;
let stack: StackProcess;
let url: string;

beforeAll(async () => {
  [browser, stack] = await Promise.all([openBrowser(), startStackProcess(OPTIONS)]);
  url = consoleUrl(stack);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

async function open(options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  const { page, errors } = await openPage(browser, url, options);
  onTestFinished(async () => {
    await page.context().close();
    expect(errors).toEqual([]);
  });
  return page;
}

const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

async function post(path: string, body: object): Promise<void> {
  const headers = { authorization: "Bearer dev-token" };
  const answer = await fetch(stack.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

const addMember = (segment: string, contextKey: string) =>
  post("/c/own-code", { audienceOperations: [{ segment: { id: segment }, contextKey, action: "add" }] });

const isWiderThanItsWindow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

describe("the page", () => {
  test("has its sections as headings, each once", async () => {
    const page = await open();
    for (const name of SECTIONS) expect(await page.getByRole("heading", { name }).count(), name).toBe(1);
  });

  test("takes its token out of the address, and is there again when it is loaded again", async () => {
    const page = await open();
    expect(page.url()).toBe(`${stack.url}/console`);
    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
    expect(page.url()).toBe(`${stack.url}/console`);
  });

  test("has less than 60 KB of script and style once they are compressed", async () => {
    const files = await buildPage();
    const bytes = [...files.values()].reduce((sum, file) => sum + gzipSync(file.bytes).length, 0);
    expect(bytes).toBeLessThan(60_000);
  });

  test.each(["light", "dark"] as const)("is %s where its reader's system is", async (colorScheme) => {
    const page = await open({ colorScheme });
    const [text, back] = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      return [style.color, style.backgroundColor].map((colour) =>
        (colour.match(/[\d.]+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0),
      );
    });
    expect((text ?? 0) > (back ?? 0)).toBe(colorScheme === "dark");
  });

  test("is reached by the keyboard alone: a sample is sent with Enter", async () => {
    const page = await open();
    const send = page.getByRole("row", { name: "flagbridge-metric" }).getByRole("button", { name: "Send" });
    await send.focus();
    await page.keyboard.press("Enter");
    await section(page, "Try it").getByText("Metric events").waitFor();
    await section(page, "Metric events").getByText("Order Completed").first().waitFor();
  });
});

const SECTIONS = [
  "Flow",
  "Requests",
  "Segments",
  "Metric events",
  "Flag changes",
  "Dead letters",
  "Try it",
  "Health",
];

describe("what came from outside", () => {
  const MARKUP = '<img src=x onerror="document.title=1">';
  /** The longest key that LaunchDarkly takes. */
  const LONG = `long-${"x".repeat(2_043)}`;
  const HEBREW = "משתמש-1";

  test("is shown as text, whatever it looks like, and never widens the page", async () => {
    for (const key of [MARKUP, LONG, HEBREW]) await addMember(`segment ${MARKUP}`, key);
    const page = await open({ viewport: { width: 390, height: 800 } });
    const segments = section(page, "Segments");
    await segments.getByRole("row", { name: "<img src=x" }).getByRole("button").click();
    for (const text of [MARKUP, "long-xxx", HEBREW])
      await segments.getByRole("listitem").filter({ hasText: text }).waitFor();
    await page.getByRole("searchbox", { name: "Find a member" }).fill(MARKUP);
    await page.getByRole("button", { name: "Find" }).click();
    await segments.getByText("LaunchDarkly agrees").waitFor();
    await section(page, "Requests").getByRole("row").nth(1).getByRole("button").click();
    await section(page, "Requests").getByText("arrived").first().waitFor();
    expect(await page.title()).toBe("Flagbridge");
    expect(await page.locator("img").count()).toBe(0);
    expect(await isWiderThanItsWindow(page)).toBe(false);
  });

  test("is rejected as a key of 4 KB, which can be looked for, and is explained where it is pasted", async () => {
    const operation = { segment: { id: "pasted" }, action: "add" };
    const keys = [MARKUP, "k".repeat(4_096)];
    const event = { audienceOperations: keys.map((contextKey) => ({ ...operation, contextKey })) };
    await post("/c/own-code", event);
    const page = await open({ viewport: { width: 390, height: 800 } });
    await section(page, "Requests").getByText("invalid_context_key").first().waitFor();
    await page.getByRole("searchbox", { name: "Find a member" }).fill("k".repeat(4_096));
    await page.getByRole("button", { name: "Find" }).click();
    await section(page, "Segments").getByText("(4,096 characters)").waitFor();

    const tryIt = section(page, "Try it");
    await tryIt.getByText("What would an event of yours become?").click();
    await tryIt.getByRole("textbox").fill(JSON.stringify(event));
    await tryIt.getByRole("button", { name: "Explain" }).click();
    const explained = tryIt.getByRole("region", { name: "What own-code would make of it" });
    await explained.getByText(`add user ${MARKUP} to the segment pasted`).waitFor();
    await explained.getByText("rejected: item 1, invalid_context_key").waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await isWiderThanItsWindow(page)).toBe(false);
  });

  test("is cut where it is an event of 1 MB", async () => {
    const data = { text: "y".repeat(30_000) };
    const metricEvents = Array.from({ length: 30 }, (_, at) => ({
      key: `Large ${at}`,
      contextKeys: { user: "ana" },
      data,
    }));
    await post("/c/own-code", { metricEvents });
    const page = await open();
    await section(page, "Requests").getByRole("row", { name: "own-code 200 30" }).getByRole("button").click();
    await section(page, "Requests").getByText("its first 33 KB").waitFor();
    expect((await section(page, "Requests").locator("pre").first().textContent())?.length).toBeLessThan(
      40_000,
    );
  });
});

describe("at 390 px", () => {
  test.each(["light", "dark"] as const)("nothing is wider than the window (%s)", async (colorScheme) => {
    const page = await open({ viewport: { width: 390, height: 844 }, colorScheme });
    await page.getByRole("button", { name: "Run the doctor" }).click();
    await section(page, "Health").getByText("ok").first().waitFor();
    expect(await isWiderThanItsWindow(page)).toBe(false);
  });
});

describe("a flag", () => {
  test("that is toggled arrives in PostHog", async () => {
    const page = await open();
    await section(page, "Flag changes").getByRole("button", { name: "Toggle" }).click();
    await section(page, "Flag changes").getByText("checkout is on in production now.").waitFor();
    await section(page, "Flag changes").getByText("checkout in production").first().waitFor();
  });
});

describe("a queue", () => {
  test("that is paused says so until it goes on", async () => {
    const page = await open();
    await page.getByRole("button", { name: "Pause Flag changes for main" }).click();
    await section(page, "Flow").getByText("paused").waitFor();
    await page.getByRole("button", { name: "Resume Flag changes for main" }).click();
    await section(page, "Flow").getByText("paused").waitFor({ state: "detached" });
  });
});

describe("dead letters", () => {
  const faults = (method: "POST" | "DELETE", body?: object) =>
    fetch(`${stack.url}/sandbox/launchdarkly/faults`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
  const row = (page: Page, queue: string) => section(page, "Dead letters").getByRole("row", { name: queue });

  test("go back once when two tabs redrive them, and are deleted after a yes alone", async () => {
    const poisoned = (["segments", "events"] as const).map((on) => ({
      fault: "poison",
      contextKey: "bad",
      on,
    }));
    await faults("POST", { faults: poisoned });
    await addMember("redriven-twice", "bad");
    await post("/c/own-code", { metricEvents: [{ key: "Bad", contextKeys: { user: "bad" } }] });
    const [one, other] = await Promise.all([open(), open()]);
    const letters = section(one, "Dead letters");
    const redrive = (page: Page) => row(page, "audience-operations").getByRole("button", { name: "Redrive" });
    const remove = row(one, "metric-events").getByRole("button", { name: "Delete" });
    await Promise.all([redrive(one).waitFor(), redrive(other).waitFor(), remove.waitFor()]);

    await faults("DELETE");
    await Promise.all([redrive(one).click(), redrive(other).click()]);
    const said = await Promise.all(
      [one, other].map((page) =>
        section(page, "Dead letters")
          .getByText(/is back in its queue|nothing left/)
          .textContent(),
      ),
    );
    expect(said.toSorted()).toEqual([
      "1 letter is back in its queue.",
      "There was nothing left to send back: somebody else has just done it.",
    ]);

    await remove.click();
    await one.getByRole("button", { name: "Keep them" }).click();
    await remove.click();
    await one.getByRole("button", { name: "Delete them" }).click();
    const deleted = (await letters.getByText("1 letter was deleted").textContent()) ?? "";
    const file = /The copy is (.+)\.$/.exec(deleted)?.[1] ?? "";
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ reason: "refused-by-launchdarkly" });
    rmSync(file);
    await letters.getByText("There are none").waitFor();
  });
});

describe("another origin", () => {
  test("reads nothing and presses nothing, with the token or without", async () => {
    const { url: foreign } = await recordingServer((response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>evil</title>"),
    );
    const token = new URL(url).searchParams.get("token") ?? "";
    // In the context of somebody who has the console open.
    const page = await open();
    const evil = await page.context().newPage();
    await evil.goto(foreign);
    const outcomes = await evil.evaluate(
      async ({ base, secret }) => {
        const attempt = async (path: string, init?: RequestInit) => {
          try {
            const answer = await fetch(base + path, { credentials: "include", ...init });
            return answer.type === "opaque" ? "opaque" : `read ${answer.status}`;
          } catch {
            return "failed";
          }
        };
        const bearer = { authorization: `Bearer ${secret}` };
        const body = JSON.stringify({ flag: "evil" });
        const frame = document.createElement("iframe");
        frame.src = `${base}/console?token=${secret}`;
        document.body.append(frame);
        await new Promise((loaded) => frame.addEventListener("load", loaded));
        return {
          page: await attempt(`/console?token=${secret}`),
          live: await attempt("/console/api/live", { headers: bearer }),
          press: await attempt("/console/api/flags/toggle", { method: "POST", body, headers: bearer }),
          simple: await attempt("/console/api/flags/toggle", { method: "POST", body, mode: "no-cors" }),
          frame: frame.contentDocument === null ? "closed" : "open",
        };
      },
      { base: stack.url, secret: token },
    );
    expect(outcomes).toEqual({
      page: "failed",
      live: "failed",
      press: "failed",
      simple: "failed",
      frame: "closed",
    });
    const answer = await fetch(`${stack.url}/sandbox/launchdarkly/api/v2/flags/default/evil`, {
      headers: { authorization: "dev-access-token" },
    });
    expect(answer.status).toBe(404);
  });
});

describe("a stage", () => {
  test("is looked at without a right to write, and a section that lacks one says which", async () => {
    await addMember("looked-at", "ana");
    const segments = async () => (await fetch(`${stack.url}/sandbox/launchdarkly/segments`)).text();
    await expect.poll(segments, { timeout: 60_000 }).toContain("looked-at");
    const local = await openTarget({ url: stack.url, environment: {} });
    const denied = async (): Promise<never> => {
      const message = "User: arn:aws:iam::1:user/ana is not authorized to perform: sqs:GetQueueAttributes";
      throw Object.assign(new Error(message), { name: "AccessDenied" });
    };
    const { region, accountId } = local.where;
    const target: Target = {
      ...local,
      where: { kind: "stage", stage: "prod", region, accountId, url: "https://api.example" },
      calls: { ...local.calls, sandbox: undefined, countQueue: denied },
    };
    const own = await servedConsole(async () => target);
    const { page, errors } = await openPage(browser, own);
    onTestFinished(() => page.context().close());
    await page.getByText("stage prod, us-east-1").waitFor();
    await section(page, "Flow").getByText("sqs:GetQueueAttributes").waitFor();
    await section(page, "Health").getByText("launchdarkly-production", { exact: true }).waitFor();
    await section(page, "Requests").getByText("A stage keeps no requests").waitFor();
    await page.getByRole("button", { name: "Read the ledger" }).click();
    await section(page, "Segments").getByRole("row", { name: "looked-at" }).waitFor();
    expect(await page.getByRole("switch").count()).toBe(0);
    expect(errors).toEqual([]);
  });
});

async function servedConsole(openTarget: () => Promise<Target>): Promise<string> {
  const server = createServer((request, response) => console.listener(request, response));
  const port = await listenOnLoopback(server, 0);
  const console = openConsole({
    token: "own",
    port: () => port,
    openTarget,
    version: "0.0.0",
    folder: "/nowhere",
  });
  onTestFinished(() => {
    console.stop();
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${port}/console?token=own`;
}

describe("npx flagbridge console", () => {
  test("serves the page with a token of its own until it is told to end", async () => {
    const child = spawn(
      process.execPath,
      ["cli/flagbridge.cjs", "console", "--no-open", "--json", "--url", stack.url],
      {
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    const [line] = await once(createInterface(child.stdout), "line");
    const served = new URL(JSON.parse(line).url);
    expect(served.searchParams.get("token")).not.toBe(new URL(url).searchParams.get("token"));
    const { page, errors } = await openPage(browser, served.href);
    onTestFinished(() => page.context().close());
    await page.getByRole("row", { name: "flagbridge-audience" }).waitFor();
    expect((await fetch(`${served.origin}/console`)).status).toBe(401);
    expect(errors).toEqual([]);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });

  test("says what to do where no stack is", async () => {
    const { code, stderr, stdout } = await flagbridge([
      "console",
      "--no-open",
      "--url",
      "http://127.0.0.1:9",
    ]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("No local stack answers at http://127.0.0.1:9");
  });
});

/** The last: it stops the stack of the others, which costs nobody a start of its own. */
describe("a stack that goes away", () => {
  test("is said to be gone, and goes on by itself when it is back", async () => {
    const { page } = await openPage(browser, url);
    onTestFinished(() => page.context().close());
    await stack.stop();
    await page.getByText("The stack is gone").waitFor();
    stack = await startStackProcess([...OPTIONS, "--port", new URL(stack.url).port]);
    await page.getByText("Live", { exact: true }).waitFor();
    await page
      .getByRole("row", { name: "flagbridge-audience" })
      .getByRole("button", { name: "Send" })
      .click();
    await section(page, "Segments").getByText("flagbridge-sample").waitFor();
  });
});
