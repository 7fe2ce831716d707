import { spawn } from "node:child_process";
import { join } from "node:path";
import { GateError, median, type Whole } from "../scenario.ts";

const root = join(import.meta.dirname, "../..");
const RUNS = 5;

export const startUp: Whole = {
  kind: "whole",
  name: "start-up",
  about: `npm start to the ready line, ${RUNS} times, npm included`,
  run: async () => {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) times.push(await timeToReady());
    return [
      { label: "median", value: median(times) / 1_000, unit: "s", atMost: 5 },
      { label: "slowest", value: Math.max(...times) / 1_000, unit: "s" },
    ];
  },
};

async function timeToReady(): Promise<number> {
  const startedMs = performance.now();
  // A group of its own: npm does not hand every signal on.
  const child = spawn("npm", ["start", "--silent", "--", "--port", "0", "--quiet"], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let printed = "";
  const readyMs = await new Promise<number>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      if (/^Flagbridge is ready: http/m.test(printed)) resolve(performance.now());
    });
    child.once("exit", () => reject(new GateError(`npm start ended and had printed: ${printed}`)));
  });
  if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  await ended;
  return readyMs - startedMs;
}
