import type { Command } from "commander";
import type { Connections } from "../../lib/connections/schema.ts";
import type { ListedConnection } from "../../operator/list-connections.ts";
import { misspelt } from "../../operator/misspelt.ts";
import type { PasteGuide } from "../../operator/paste-guide.ts";
import { OperatorProblem } from "../../operator/problem.ts";
import { runs } from "../run.ts";
import { type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { print, printJson, styled, table } from "../terminal.ts";

export function addConnections(program: Command): void {
  // The group has no options of its own: commander would take --json and --stage of a subcommand for them.
  const connections = program
    .command("connections")
    .description("List connections and their URLs; check a connections file")
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge connections
  npx flagbridge connections urls --stage prod`,
    );
  withTargetOptions(
    connections
      .command("list", { isDefault: true })
      .description("What is configured: each connection, where it sends, and its URL"),
  )
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge connections
  npx flagbridge connections check connections.yml
  npx flagbridge connections check --explain connections.yml event.json`,
    )
    .action(runs(list));
  withTargetOptions(
    connections
      .command("urls")
      .description("What to paste where, for each connection, in the vendor's own words"),
  )
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge connections urls
  npx flagbridge connections urls --stage prod`,
    )
    .action(runs(urls));
  connections
    .command("check")
    .description(
      "All problems of a connections file at once, each with its line; or what an event would become",
    )
    .argument("<file>", "for example connections.yml")
    .argument("[event]", "with --explain: a file with the JSON body of a request, or -")
    .option("--explain", "say what each connection would make of the event, rule by rule; nothing is sent")
    .option("--connection <name>", "with --explain: this connection alone")
    .option("--json", "one JSON document on stdout, and nothing else there")
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge connections check connections.yml
  npx flagbridge connections check dev/connections.yml --json
  npx flagbridge connections check --explain connections.yml event.json --connection segment-engage`,
    )
    .action(runs(check));
}

async function explained(path: string, connections: Connections, flags: CheckFlags): Promise<0 | 1> {
  const { explainEvent, isOfUse } = await import("../../operator/explain-event.ts");
  const { readEvent } = await import("../../operator/read-event.ts");
  const { shownEvent } = await import("../shown-event.ts");
  const asked = flags.connection;
  const known = Object.keys(connections.connections);
  if (asked !== undefined && !known.includes(asked))
    throw new OperatorProblem(misspelt("--connection", asked, known, "a connection"));
  const body = await readEvent(path, process.stdin);
  const all = explainEvent(body, connections, Date.now());
  const chosen = all.filter(({ connection }) => asked === undefined || connection === asked);
  if (flags.json) printJson({ event: path, connections: chosen });
  else print(shownEvent(chosen));
  return chosen.some(isOfUse) ? 0 : 1;
}

async function urls(flags: TargetFlags): Promise<0> {
  const target = await targetOf(flags);
  const { listConnections } = await import("../../operator/list-connections.ts");
  const { pasteGuide } = await import("../../operator/paste-guide.ts");
  const guides = listConnections(target).flatMap((listed) => {
    const connection = target.connections.connections[listed.name];
    return connection ? [pasteGuide(listed, connection, target.where.url)] : [];
  });
  if (flags.json) printJson({ connections: guides });
  else print(guides.map(shownGuide).join("\n\n"));
  return 0;
}

function shownGuide({ connection, source, ways, page }: PasteGuide): string {
  return [
    `${styled("bold", connection)} (${source}; ${page})`,
    ...ways.flatMap(({ where, fields }) => {
      const width = Math.max(...fields.map(({ field }) => field.length));
      return [`  ${where}`, ...fields.map(({ field, value }) => `    ${field.padEnd(width)}  ${value}`)];
    }),
  ].join("\n");
}

async function list(flags: TargetFlags): Promise<0> {
  const target = await targetOf(flags);
  const { listConnections } = await import("../../operator/list-connections.ts");
  const connections = listConnections(target);
  if (flags.json) printJson({ connections });
  else print(shown(connections));
  return 0;
}

function shown(connections: readonly ListedConnection[]): string {
  return table([
    ["connection", "source", "sends to", "secret", "URL"],
    ...connections.map(({ name, source, destinations, secret, url }) => [
      name,
      source,
      destinations
        .map(({ kind, name: to, writer }) => `${kind}${writer ? ` (${writer})` : ""} → ${to}`)
        .join(", "),
      secret,
      url,
    ]),
  ]);
}

type CheckFlags = { readonly json?: true; readonly explain?: true; readonly connection?: string };

async function check(file: string, event: string | undefined, flags: CheckFlags): Promise<0 | 1> {
  const { readConnectionsFile } = await import("../../lib/connections/yaml.ts");
  const { explain, connection } = flags;
  if ((event !== undefined || connection !== undefined) && !explain)
    throw new OperatorProblem("An event and --connection go with --explain: add it.");
  if (explain && event === undefined)
    throw new OperatorProblem(
      `--explain needs an event: npx flagbridge connections check --explain ${file} event.json`,
    );
  const checked = await readConnectionsFile(file);
  if (checked.ok && event !== undefined) return explained(event, checked.connections, flags);
  const problems = checked.ok ? [] : checked.problems;
  if (flags.json) printJson({ file, ok: checked.ok, problems });
  else print(checked.ok ? `${file}: OK` : problems.map((problem) => `${file}: ${problem}`).join("\n"));
  return checked.ok ? 0 : 1;
}
