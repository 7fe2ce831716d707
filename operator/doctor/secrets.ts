import { checkSecrets } from "../../lib/connections/check-secrets.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { isObject, readJson } from "../../lib/json.ts";
import { type Check, type CheckLine, type LineAbout, lineAbout } from "./check.ts";
import { hasPublicText, hasSampleText } from "./sample-secrets.ts";

/** What Secrets Manager has under a name. */
export type StoredSecret =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "missing" }
  | { readonly kind: "empty" }
  | { readonly kind: "denied"; readonly permission: string }
  | { readonly kind: "unreadable"; readonly code: string };

/** The secrets of a bundle by the names that connections.yml has, each once. */
export type Secrets = ReadonlyMap<string, StoredSecret>;

/** Who names which secret, as `launchdarkly.production`. */
export function secretOwners({
  launchdarkly,
  posthog,
  connections,
}: Connections): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const sections = { launchdarkly, posthog, connections };
  for (const [section, entries] of Object.entries(sections))
    for (const [name, { secret }] of Object.entries(entries))
      owners.set(secret, [owners.get(secret), `${section}.${name}`].filter(Boolean).join(", "));
  return owners;
}

/** Does each secret exist, has it the shape that its user expects, and is it a secret at all and no sample? */
export function secretsCheck(
  connections: Connections,
  secrets: Secrets,
  { secretPrefix }: { readonly secretPrefix: string },
): Check {
  return {
    title: "secrets",
    line: lineAbout("secrets", "secrets"),
    run: async () => {
      const values = valuesOf(secrets);
      const problems = checkSecrets(connections, values);
      const samples = sendsToThisMachineAlone(connections) ? "of-the-docs" : "of-docs-and-sandbox";
      const lines = [...secretOwners(connections)].map(([name, owner]) =>
        secretLine(name, {
          owner,
          fullName: secretPrefix + name,
          stored: secrets.get(name) ?? { kind: "missing" },
          problems: problems.flatMap((problem) =>
            problem.startsWith(`${name}: `) ? [problem.slice(name.length + 2)] : [],
          ),
          samples,
        }),
      );
      const shared = problems.filter((problem) => /^connections\..* share one of their /.test(problem));
      return [
        ...lines,
        ...shared.map((problem) =>
          lineAbout("secrets.shared", "secrets").failed(problem, "Set a key of its own for each of them."),
        ),
        ...erasedByWriteKey(connections, values).map((name) =>
          lineAbout("secrets.erasures", "secrets").warning(
            `connections.${name} takes erasure requests, and its secret has write keys: they are in pages and apps, and a request with one erases nobody`,
            "Give erasures a connection whose secret has tokens or signingSecrets alone.",
          ),
        ),
      ];
    },
  };
}

function erasedByWriteKey(
  { connections }: Connections,
  values: Readonly<Record<string, unknown>>,
): readonly string[] {
  return Object.entries(connections).flatMap(([name, { erasures, secret }]) => {
    const value = values[secret];
    return erasures && isObject(value) && value.writeKeys !== undefined ? [name] : [];
  });
}

function secretLine(
  name: string,
  of: {
    readonly owner: string;
    readonly fullName: string;
    readonly stored: StoredSecret;
    readonly problems: readonly string[];
    /** Where destinations are on this machine, the values of the sandbox are the right ones. */
    readonly samples: "of-the-docs" | "of-docs-and-sandbox";
  },
): CheckLine {
  const { owner, fullName, stored, problems, samples } = of;
  const about = lineAbout("secrets.shape", "secrets");
  const line: LineAbout = {
    ok: (found) => about.ok(`${name}: ${found}`),
    warning: (found, fix) => about.warning(`${name}: ${found}`, fix),
    failed: (found, fix) => about.failed(`${name}: ${found}`, fix),
    skipped: (found, fix) => about.skipped(`${name}: ${found}`, fix),
  };
  const set = `npx flagbridge secrets set ${name}`;
  const verb = (plural: string) => (owner.includes(", ") ? plural : `${plural}s`);
  switch (stored.kind) {
    case "missing":
      return line.failed(
        `${fullName}, which ${owner} ${verb("name")}, does not exist`,
        `A deploy creates it: deploy connections.yml, then fill it: ${set}`,
      );
    case "empty":
      return line.failed(`it has no value, and ${owner} ${verb("need")} one`, `Fill it: ${set}`);
    case "denied":
      return line.skipped(
        `your AWS credentials may not read it: ${stored.permission} is missing`,
        `Allow ${stored.permission} to your credentials, or run it with others: --profile.`,
      );
    case "unreadable":
      return line.failed(`Secrets Manager did not give it (${stored.code})`, "Run it again in a minute.");
    case "text": {
      const value = readJson(stored.text);
      if (value === undefined)
        return line.failed("it is not JSON", `Set it as docs/deploy.md shows it: ${set}`);
      if (hasSampleText(value))
        return line.failed("it holds a sample of the documentation", `Set the real one: ${set}`);
      if (problems.length > 0) return line.failed(problems.join("; "), `Set it right: ${set}`);
      if (samples === "of-docs-and-sandbox" && hasPublicText(value))
        return line.failed(
          "it holds a value of the local stack's sandbox, which everybody can read in the repository",
          `Set one that only you know: ${set}`,
        );
      return line.ok(`has the shape that ${owner} ${verb("need")}`);
    }
  }
}

/** The JSON of each secret that has one. */
export function valuesOf(secrets: Secrets): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...secrets].flatMap(([name, stored]) => {
      const value = stored.kind === "text" ? readJson(stored.text) : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A bundle whose destinations are all on this machine is a trial: what its secrets open is nobody's. */
function sendsToThisMachineAlone({ launchdarkly, posthog }: Connections): boolean {
  const hosts = [
    ...Object.values(launchdarkly).map(({ instance }) =>
      typeof instance === "string" ? "https://app.launchdarkly.com" : instance.api,
    ),
    ...Object.values(posthog).map(({ host }) => host),
  ];
  return hosts.every((host) =>
    /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(URL.parse(host)?.hostname ?? ""),
  );
}
