import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

test("without options it is port 3000, the files of dev/, a window of a second, in memory", () => {
  expect(parseOptions([])).toEqual({
    port: 3000,
    connections: expect.stringMatching(/dev\/connections\.yml$/),
    secrets: expect.stringMatching(/dev\/secrets\.json$/),
    batchWindowSeconds: 1,
    dataDir: undefined,
    holdSeconds: undefined,
    quiet: false,
  });
});

test("every option is read", () => {
  const args =
    "--port 0 --connections c.yml --secrets s.json --batch-window 0.2 --data-dir d --hold 8.5 --quiet --log json".split(
      " ",
    );

  expect(parseOptions(args)).toEqual({
    port: 0,
    connections: "c.yml",
    secrets: "s.json",
    batchWindowSeconds: 0.2,
    dataDir: "d",
    holdSeconds: 8.5,
    quiet: true,
    log: "json",
  });
});

test.each([
  ["an unknown option", ["--prot", "1"], "--prot"],
  ["a word that is no option", ["now"], "now"],
  ["an option without its value", ["--port"], "--port"],
  ["a port that is no number", ["--port", "http"], "--port: expected a number"],
  ["a port that is too high", ["--port", "65536"], "--port: expected a number from 0 to 65535"],
  ["a negative window", ["--batch-window=-1"], "--batch-window: expected a number from 0 to 300"],
  ["a hold in which no request fits", ["--hold", "7.9"], "--hold: expected a number from 8 to 60"],
  ["a log in another form", ["--log", "yaml"], "--log: expected plain or json, got 'yaml'"],
  ["a window over five minutes", ["--batch-window", "301"], "--batch-window: expected"],
])("%s is refused by name", (_, args, named) => {
  expect(() => parseOptions(args)).toThrow(named);
});
