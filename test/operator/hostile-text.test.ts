import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { callAws } from "../../dev/aws-call.ts";
import { flagbridge } from "../support/flagbridge.ts";
import { type StackProcess, startStackProcess } from "../support/stack-process.ts";

let stack: StackProcess;
let sqs: string;
beforeAll(async () => {
  stack = await startStackProcess(["--batch-window", "0", "--quiet"]);
  const answer = await fetch(`${stack.url}/sandbox/functions`);
  sqs = z.object({ stack: z.object({ endpoints: z.object({ sqs: z.string() }) }) }).parse(await answer.json())
    .stack.endpoints.sqs;
});
afterAll(async () => {
  await stack?.stop();
});

const run = (...args: readonly string[]) => flagbridge(args, { env: { FLAGBRIDGE_URL: stack.url } });

/** Sets the title of a terminal, clears it, and turns the text behind it around. */
const HOSTILE = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp\u200b";
/** A line feed is the only one that our output has by itself. */
const OBEYED = /[\p{Cc}\u200b\u202e]/u;
const obeyedIn = (text: string): boolean => OBEYED.test(text.replaceAll("\n", ""));

const StringValue = (text: string) => ({ DataType: "String", StringValue: text });

test("a letter that somebody wrote by hand shows its escape sequences as text, and none reaches the terminal", async () => {
  const cause = "no\u009b31m\u202e\nreason  too-old";
  await callAws({
    endpoint: sqs,
    target: "AmazonSQS.SendMessage",
    input: {
      QueueUrl: `${sqs}/000000000000/flagbridge-local-audience-operations-production-dead-letters`,
      MessageBody: JSON.stringify({ connection: HOSTILE, operations: [{ key: HOSTILE }] }),
      MessageAttributes: { reason: StringValue("refused\u009b2J"), cause: StringValue(cause) },
    },
  });
  for (const args of [["dead-letters"], ["dead-letters", "show"], ["status"]]) {
    const { stdout, code } = await run(...args);
    expect({ args, code, isObeyed: obeyedIn(stdout) }).toEqual({ args, code: 0, isObeyed: false });
    expect(stdout).toContain("refused\\u009b2J");
  }
  expect((await run("dead-letters", "show")).stdout).toContain("no\\u009b31m\\u202e\\nreason  too-old\n");
  const { stdout } = await run("dead-letters", "--json");
  expect(obeyedIn(stdout)).toBe(false);
  expect(JSON.parse(stdout)).toMatchObject({ letters: 1, groups: [{ cause, connection: HOSTILE }] });
});

test("a context key is explained on the lines that an explanation has, with nothing in it that a terminal obeys", async () => {
  const operation = { segment: { id: "hostile" }, contextKey: "somebody", action: "add" };
  const headers = { authorization: "Bearer dev-token" };
  const body = JSON.stringify({ audienceOperations: [operation] });
  await fetch(`${stack.url}/c/own-code`, { method: "POST", headers, body });
  const explain = (key: string) => run("explain", "--segment", "hostile", "--key", key);
  while ((await explain("somebody")).code !== 0);
  const { stdout, stderr } = await explain(`ana${HOSTILE}\r\n  ledger  nothing`);
  expect({ stderr, isObeyed: obeyedIn(stdout) }).toEqual({ stderr: "", isObeyed: false });
  expect(stdout.trimEnd().split("\n")).toHaveLength(6);
});

test("a file name in an error message is shown, and not obeyed", async () => {
  const { code, stdout, stderr } = await run("connections", "check", `no${HOSTILE}.yml`);
  expect({ code, isObeyed: obeyedIn(stdout + stderr) }).toEqual({ code: 1, isObeyed: false });
});
