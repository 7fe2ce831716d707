import { expect, test } from "vitest";
import { typedCommand } from "./typed-command.ts";

const at = { region: "eu-west-1", accountId: "123456789012", url: "http://localhost:3000" };

test("a command for a stage names the stage and its region", () => {
  expect(typedCommand("resume", { kind: "stage", stage: "prod", ...at })).toBe(
    "npx flagbridge resume --stage prod --region eu-west-1",
  );
});

test("a command for the local stack needs no option", () => {
  expect(typedCommand("resume", { kind: "local", ...at })).toBe("npx flagbridge resume");
});
