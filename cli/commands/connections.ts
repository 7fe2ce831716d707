import type { Command } from "commander";
import type { ListedConnection } from "../../operator/list-connections.ts";
import type { PasteGuide } from "../../operator/paste-guide.ts";
import { runs } from "../run.ts";
import { type TargetFlags, targetOf, withTargetOptions } from "../target-options.ts";
import { print, printJson, styled, table } from "../terminal.ts";

export function addConnections(program: Command): void {
  const connections = withTargetOptions(program.command("connections"))
    .description("List connections and their URLs; check a connections file")
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge connections
  npx flagbridge connections check connections.yml`,
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
    .description("All problems of a connections file at once, each with its line")
    .argument("<file>", "for example connections.yml")
    .option("--json", "one JSON document on stdout, and nothing else there")
    .addHelpText(
      "after",
      `
Examples:
  npx flagbridge connections check connections.yml
  npx flagbridge connections check dev/connections.yml --json`,
    )
    .action(runs(check));
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

async function check(file: string, flags: { readonly json?: true }): Promise<0 | 1> {
  const { readConnectionsFile } = await import("../../lib/connections/yaml.ts");
  const checked = await readConnectionsFile(file);
  const problems = checked.ok ? [] : checked.problems;
  if (flags.json) printJson({ file, ok: checked.ok, problems });
  else print(checked.ok ? `${file}: OK` : problems.map((problem) => `${file}: ${problem}`).join("\n"));
  return checked.ok ? 0 : 1;
}
