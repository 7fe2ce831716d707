import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { startStackProcess } from "../../test/support/stack-process.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type Figure, GateError, median, type Whole } from "../scenario.ts";
import { engageEvents } from "../work/engage-events.ts";
import { CONNECTIONS, FORGERIES, type Forgery, SECRETS } from "../work/forgeries.ts";

/** A refused request of any size, by the small one of the same kind. */
const LIMIT_RATIO = 5;
const LIMIT_MB = 50;
/** Just below what a webhook may have, inflated. */
const BODY_BYTES = 4_000_000;
const TURNS = 3;

type Sent = { readonly body: string | Buffer; readonly headers: Readonly<Record<string, string>> };
type Cost = { readonly cpuMs: number; readonly peakMb: number };

const json = { "content-type": "application/json" };
const SIZES = {
  small: { requests: 200, send: (): Sent => ({ body: JSON.stringify(engageEvents(0, 1)), headers: json }) },
  "4 MB": { requests: 20, send: (): Sent => ({ body: largest(), headers: json }) },
  "4 MB in gzip": { requests: 40, send: (): Sent => gzipped(largest()) },
  "4 MB in 4 KB of gzip": { requests: 40, send: (): Sent => gzipped(`[${" ".repeat(BODY_BYTES)}]`) },
} as const;
type Size = keyof typeof SIZES;

export const refused: Whole = {
  kind: "whole",
  name: "refused",
  about:
    "CPU and peak memory of requests that prove nothing, through the local stack in one process: HTTP API, event, function, log",
  run: async () => {
    const folder = await temporaryFolder();
    const connections = await folder.file("connections.yml", JSON.stringify(CONNECTIONS));
    const secrets = await folder.file("secrets.json", JSON.stringify(SECRETS));
    const stack = await startStackProcess(["--quiet", "--connections", connections, "--secrets", secrets]);
    try {
      return await figuresOf(stack);
    } finally {
      await stack.stop();
      await folder.remove();
    }
  },
};

type Stack = { readonly url: string; readonly pid: number };

async function figuresOf(stack: Stack): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, forgery] of Object.entries(FORGERIES)) {
    const { small, plain, handedOver, gzip, bomb } = await costsOf(stack, forgery);
    const ofCpu = (size: string, ms: number) =>
      figure(`${name}: ${size} / small`, ms / small.cpuMs, "×", LIMIT_RATIO);
    const ofMemory = (size: string, mb: number) => figure(`${name}: ${size}`, mb, "MB", LIMIT_MB);
    figures.push(
      figure(`${name}: small`, small.cpuMs, "ms"),
      // Receiving 4 MB and handing them over takes 50 ms here, whatever becomes of them: on AWS that is not ours.
      figure(`${name}: 4 MB / the same to no route`, plain.cpuMs / handedOver.cpuMs, "×"),
      ofCpu("4 MB in gzip", gzip.cpuMs),
      ofCpu("4 MB in 4 KB of gzip", bomb.cpuMs),
      ofMemory("4 MB, above no such route", plain.peakMb - handedOver.peakMb),
      ofMemory("4 MB in gzip, above small", gzip.peakMb - small.peakMb),
      ofMemory("4 MB in 4 KB of gzip, above small", bomb.peakMb - small.peakMb),
    );
  }
  return figures;
}

function figure(label: string, value: number, unit: string, atMost?: number): Figure {
  return { label, value, unit, ...(atMost !== undefined && { atMost }) };
}

const NO_ROUTE: Forgery = { path: "/no/such/route", headers: () => ({}), status: 404 };

/** The median of the turns, in each of which everything is sent. */
async function costsOf(stack: Stack, forgery: Forgery) {
  const turns: Record<"small" | "plain" | "handedOver" | "gzip" | "bomb", Cost>[] = [];
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const costs = {
      small: await costOf(stack, forgery, "small"),
      handedOver: await costOf(stack, NO_ROUTE, "4 MB"),
      plain: await costOf(stack, forgery, "4 MB"),
      gzip: await costOf(stack, forgery, "4 MB in gzip"),
      bomb: await costOf(stack, forgery, "4 MB in 4 KB of gzip"),
    };
    // The first one warms up.
    if (turn > 0) turns.push(costs);
  }
  const middle = (which: keyof (typeof turns)[number]): Cost => ({
    cpuMs: median(turns.map((costs) => costs[which].cpuMs)),
    peakMb: median(turns.map((costs) => costs[which].peakMb)),
  });
  return {
    small: middle("small"),
    handedOver: middle("handedOver"),
    plain: middle("plain"),
    gzip: middle("gzip"),
    bomb: middle("bomb"),
  };
}

async function costOf({ url, pid }: Stack, { path, headers, status }: Forgery, size: Size): Promise<Cost> {
  const { requests, send } = SIZES[size];
  const { body, headers: encoding } = send();
  forgetPeak(pid);
  const before = cpuTicks(pid);
  for (let request = 0; request < requests; request += 1) {
    const answer = await fetch(url + path, { method: "POST", headers: { ...encoding, ...headers() }, body });
    await answer.text();
    if (answer.status !== status && answer.status !== 413)
      throw new GateError(`${path}: answered ${answer.status}`);
  }
  const ticks = cpuTicks(pid) - before;
  return { cpuMs: (ticks * MS_PER_TICK) / requests, peakMb: peakKb(pid) / 1_024 };
}

/** What Linux counts in, on every platform that Node runs on. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const MS_PER_TICK = 10;

/** CPU of a process, user and system, all of its threads. */
function cpuTicks(pid: number): number {
  const afterName =
    readFileSync(join("/proc", String(pid), "stat"), "utf8")
      .split(") ")[1]
      ?.split(" ") ?? [];
  return Number(afterName[11]) + Number(afterName[12]);
}

function peakKb(pid: number): number {
  const status = readFileSync(join("/proc", String(pid), "status"), "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html */
function forgetPeak(pid: number): void {
  writeFileSync(join("/proc", String(pid), "clear_refs"), "5");
}

function gzipped(text: string): Sent {
  return { body: gzipSync(text), headers: { ...json, "content-encoding": "gzip" } };
}

function largest(): string {
  const one = JSON.stringify(engageEvents(0, 1)).length;
  return JSON.stringify(engageEvents(0, Math.floor(BODY_BYTES / (one + 8))));
}
