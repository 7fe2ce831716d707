import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asksForHelp } from "../../cli/help.ts";
import { BURSTS, type Case, PRICED, STEADY } from "./cases.ts";
import { checkSmall } from "./check.ts";
import { costOf, PRICES } from "./cost.ts";
import { destinationsTable } from "./destinations-table.ts";
import { type Outcome, simulate } from "./model.ts";
import { noisyTable } from "./noisy-table.ts";
import { figures, type Parameters, parameters } from "./parameters.ts";
import { plot, thinned } from "./plot.ts";

const root = join(import.meta.dirname, "../..");

/** Simulates every case, keeps the outcomes, and writes the generated parts of docs/scaling.md and docs/cost.md. */
async function main(): Promise<void> {
  if (asksForHelp(process.argv.slice(2))) {
    console.log(
      "usage: npm run simulate\n\nSimulates a day of the deployed system, and writes the figures of docs/scaling.md and docs/cost.md.",
    );
    return;
  }
  const of = parameters();
  const steady = await outcomesOf(STEADY, of);
  const bursts = await outcomesOf(BURSTS, of);
  const priced = await outcomesOf(PRICED, of);
  const result = {
    name: "simulate",
    about: "the deployed system on paper: bench/simulate",
    simulatedAt: new Date().toISOString(),
    cpuMeasuredAt: figures("ingest").measuredAt,
    parameters: of,
    outcomes: [...steady, ...bursts, ...priced].map(
      ({ name, outcome: { appliedBySecond: _, ...outcome } }) => ({
        name,
        ...outcome,
        dollars: costOf(outcome as Outcome).total,
      }),
    ),
  };
  writeFileSync(join(root, "bench/results/simulate.json"), `${JSON.stringify(result, null, 2)}\n`);
  mkdirSync(join(root, "docs/scaling"), { recursive: true });
  writeFileSync(
    join(root, "docs/scaling/new-audience.svg"),
    plot(
      "A new audience of 10 million members",
      "members applied",
      bursts.map(({ name, outcome }) => ({ name, points: thinned(outcome.appliedBySecond) })),
    ),
  );
  const largest = steady.filter(({ name }) => name.startsWith("10^9"));
  writeFileSync(
    join(root, "docs/scaling/billion-a-day.svg"),
    plot(
      "10^9 operations a day",
      "operations applied",
      largest.map(({ name, outcome }) => ({ name, points: thinned(outcome.appliedBySecond) })),
    ),
  );
  fill("docs/scaling.md", {
    parameters: parameterTable(of),
    steady: steadyTable(steady),
    bursts: burstTable(bursts),
    noisy: await noisyTable(of),
    broken: await destinationsTable(of),
    dates: datesOf(["ingest", "audience-batcher", "aws-calls"]),
  });
  fill("docs/cost.md", { prices: priceTable(), million: costTable(priced), day: dayTable(steady) });
}

/** When this was simulated, and when the CPU that it is fed with was measured. */
function datesOf(scenarios: readonly string[]): string {
  const days = new Set(scenarios.map((scenario) => figures(scenario).measuredAt.slice(0, 10)));
  const simulated = new Date().toISOString().slice(0, 10);
  return `Simulated on ${simulated}, with CPU measured on ${[...days].toSorted().join(" and ")}.`;
}

type Done<Of extends Case> = Of & { readonly outcome: Outcome };

async function outcomesOf<Of extends Case>(cases: readonly Of[], of: Parameters): Promise<Done<Of>[]> {
  const done: Done<Of>[] = [];
  for (const one of cases) {
    const { launchdarklyPer10s = of.launchdarklyPer10s } = one;
    done.push({ ...one, outcome: await simulate(one.load, { ...of, launchdarklyPer10s }) });
  }
  return done;
}

/** Puts each text between `<!-- name -->` and `<!-- /name -->` of a document. */
function fill(path: string, texts: Readonly<Record<string, string>>): void {
  const file = join(root, path);
  let document = readFileSync(file, "utf8");
  for (const [name, text] of Object.entries(texts)) {
    const pattern = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!pattern.test(document)) throw new RangeError(`${path} has no place for ${name}`);
    document = document.replace(pattern, (_, start: string, end: string) => `${start}\n${text}\n\n${end}`);
  }
  writeFileSync(file, document);
}

function parameterTable(of: Parameters): string {
  return table(
    ["parameter", "value"],
    Object.entries(of).map(([name, value]) => [`\`${name}\``, number(value)]),
  );
}

function steadyTable(steady: readonly Done<Case>[]): string {
  return table(
    [
      "load",
      "first applied after",
      "last applied after the last request",
      "oldest message",
      "requests to LaunchDarkly a second",
      "invocations of the batcher a minute",
    ],
    steady.map(({ name, load, outcome }) => [
      name,
      time(outcome.firstAppliedMs),
      time(outcome.allAppliedMs - load.overMs * (1 - load.perRequest / load.operations)),
      time(outcome.oldestMessageMs),
      number((outcome.launchdarklyRequests * 1_000) / outcome.allAppliedMs),
      number((outcome.invocations * 60_000) / outcome.allAppliedMs),
    ]),
  );
}

function burstTable(bursts: readonly Done<Case>[]): string {
  return table(
    [
      "10^7 operations at once",
      "first applied after",
      "all applied after",
      "oldest message",
      "requests to LaunchDarkly",
      "list price",
    ],
    bursts.map(({ name, outcome }) => [
      name,
      time(outcome.firstAppliedMs),
      time(outcome.allAppliedMs),
      time(outcome.oldestMessageMs),
      number(outcome.launchdarklyRequests),
      dollars(costOf(outcome).total),
    ]),
  );
}

function priceTable(): string {
  return table(
    ["what", "list price", "page"],
    PRICES.map(({ of, value, url }) => [
      of,
      value < 0.01 ? `$${number(value * 1e6)} a million` : `$${value}`,
      url,
    ]),
  );
}

function costTable(priced: readonly (Done<Case> & { readonly atMost: number })[]): string {
  const costs = priced.map(({ outcome }) => costOf(outcome));
  const rows =
    costs[0]?.rows.map(([name], row) => [
      name,
      ...costs.map(({ rows: all }) => dollars(all[row]?.[1] ?? 0)),
    ]) ?? [];
  return table(
    ["1,000,000 audience operations arriving", ...priced.map(({ name }) => name)],
    [
      ...rows,
      ["**together**", ...costs.map(({ total }) => `**${dollars(total)}**`)],
      ["may be at most", ...priced.map(({ atMost }) => dollars(atMost))],
      ["CloudWatch Logs on top, at log level INFO", ...costs.map(({ logs }) => dollars(logs))],
    ],
  );
}

function dayTable(steady: readonly Done<Case>[]): string {
  return table(
    ["load", "list price a day", "of it DynamoDB", "CloudWatch Logs on top"],
    steady.map(({ name, perDay, outcome }) => {
      const { rows, total, logs } = costOf(outcome);
      const ledger = rows
        .filter(([row]) => row.startsWith("DynamoDB"))
        .reduce((sum, [, value]) => sum + value, 0);
      return [name, dollars(total * perDay), dollars(ledger * perDay), dollars(logs * perDay)];
    }),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function dollars(value: number): string {
  return `$${value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(value < 0.1 ? 4 : 2)}`;
}

function time(ms: number): string {
  if (ms >= 120_000) return `${number(ms / 60_000)} min`;
  return `${number(ms / 1_000)} s`;
}

function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));
}

if (process.argv.includes("--check")) await checkSmall();
else await main();
