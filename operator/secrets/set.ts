import { readJson } from "../../lib/json.ts";
import type { Bundle } from "../bundle.ts";
import { OperatorProblem } from "../problem.ts";
import { typedCommand } from "../typed-command.ts";
import type { ReadStored } from "./list.ts";
import { type NamedSecret, namedSecret, namedSecrets, problemsBeside } from "./named.ts";

export type SecretPorts = {
  readonly bundle: Pick<Bundle, "connections" | "secretPrefix" | "where">;
  readonly read: ReadStored;
  readonly write: (fullName: string, text: string) => Promise<"written" | "missing">;
};

/** The lists of a connection's secret. */
export const KEY_KINDS = ["writeKeys", "tokens", "signingSecrets"] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/**
 * Fills a secret, after its value was checked by the schema that its users read it with.
 * @param text JSON; of a LaunchDarkly or PostHog secret its key alone will do
 * @throws {OperatorProblem} when it will not do: nothing was written then, and no message quotes the value
 */
export async function setSecret(name: string, text: string, ports: SecretPorts): Promise<void> {
  const secret = namedSecret(ports.bundle.connections, name);
  await store(secret, meantValue(secret, text.trim()), ports);
}

/**
 * Puts a new key in front of the one that a connection's secret has, so that both are taken while the sender changes over.
 * @param text the new key alone
 */
export async function rotateSecret(
  name: string,
  { text, kind }: { readonly text: string; readonly kind: KeyKind | undefined },
  ports: SecretPorts,
): Promise<void> {
  const { secret, value } = await connectionSecret(name, ports);
  const { where } = ports.bundle;
  const wanted = kind ?? onlyKind(name, value);
  const [old, ...more] = value[wanted] ?? [];
  if (old === undefined)
    throw new OperatorProblem(
      `Secret "${name}" has no ${wanted}: put them in with ${typedCommand(`secrets set ${name}`, where)}.`,
    );
  if (more.length > 0)
    throw new OperatorProblem(
      `Secret "${name}" already has two ${wanted}: end the rotation before this one with ${typedCommand(`secrets rotate ${name} --finish`, where)}.`,
    );
  await store(secret, { ...value, [wanted]: [newKey(name, text.trim(), old), old] }, ports);
}

/** Drops the old key of each list that has two: the new one stands first. */
export async function finishRotation(name: string, ports: SecretPorts): Promise<void> {
  const { secret, value } = await connectionSecret(name, ports);
  const { where } = ports.bundle;
  const kinds = KEY_KINDS.filter((kind) => (value[kind]?.length ?? 0) > 1);
  if (kinds.length === 0)
    throw new OperatorProblem(
      `Secret "${name}" has one key of each kind: there is no rotation to finish. ${typedCommand(`secrets rotate ${name}`, where)} begins one.`,
    );
  const shortened = Object.fromEntries(kinds.map((kind) => [kind, value[kind]?.slice(0, 1)]));
  await store(secret, { ...value, ...shortened }, ports);
}

type ConnectionValue = Readonly<Partial<Record<KeyKind, readonly string[]>>>;

async function connectionSecret(
  name: string,
  { bundle, read }: SecretPorts,
): Promise<{ readonly secret: NamedSecret; readonly value: ConnectionValue }> {
  const secret = namedSecret(bundle.connections, name);
  if (secret.kind !== "connection")
    throw new OperatorProblem(
      `Secret "${name}" is of ${secret.usedBy.join(", ")} and holds one key, which goes out and not in: make a new key there, ` +
        `then ${typedCommand(`secrets set ${name}`, bundle.where)}, then revoke the old one.`,
    );
  const stored = await read(bundle.secretPrefix + name);
  const value = stored.kind === "text" ? readJson(stored.text) : undefined;
  if (value === undefined || secret.problemsOf(value).length > 0)
    throw new OperatorProblem(
      `Secret "${name}" has no value that can be rotated: fill it with ${typedCommand(`secrets set ${name}`, bundle.where)}.`,
    );
  // The check has just accepted it, so it is a connection's secret.
  return { secret, value: value as ConnectionValue };
}

function onlyKind(name: string, value: ConnectionValue): KeyKind {
  const kinds = KEY_KINDS.filter((kind) => value[kind] !== undefined);
  const [kind] = kinds;
  if (kind !== undefined && kinds.length === 1) return kind;
  throw new OperatorProblem(`Secret "${name}" has ${kinds.join(" and ")}: say which is new with --kind.`);
}

/** A whole secret, or the key that is there already, would be taken for a new key that no sender has. */
function newKey(name: string, text: string, old: string): string {
  if (isMeantAsJson(text))
    throw new OperatorProblem(
      `Secret "${name}": expected the new key alone, found JSON: npx flagbridge secrets set ${name} takes a whole value. Nothing was written.`,
    );
  if (text === old)
    throw new OperatorProblem(
      `Secret "${name}" has this key already: expected a new one. Nothing was written.`,
    );
  return text;
}

/** Of the vendors, none has keys that begin like this; half of a JSON text does, and so does a key in the quotes of a shell. */
function isMeantAsJson(text: string): boolean {
  return /^[{["]/.test(text);
}

function meantValue(secret: NamedSecret, text: string): unknown {
  const value = readJson(text);
  if (typeof value === "object" && value !== null) return value;
  if (secret.kind !== "connection" && isMeantAsJson(text))
    throw new OperatorProblem(
      `Secret "${secret.name}": expected JSON of an object, or the key alone without quotes, found neither. Nothing was written.`,
    );
  switch (secret.kind) {
    case "launchdarkly":
      return { accessToken: text };
    case "posthog":
      return { projectApiKey: text };
    case "connection":
      throw new OperatorProblem(
        `Secret "${secret.name}": expected JSON as {"tokens":["…"]}, with writeKeys, tokens or signingSecrets. Nothing was written.`,
      );
  }
}

async function store(secret: NamedSecret, value: unknown, ports: SecretPorts): Promise<void> {
  const { bundle, write } = ports;
  const problems = secret.problemsOf(value);
  const beside = problems.length > 0 ? [] : await sharedKeys(secret, value, ports);
  if (problems.length + beside.length > 0)
    throw new OperatorProblem(
      [`Secret "${secret.name}": nothing was written, because of its value:`, ...problems, ...beside].join(
        "\n  ",
      ),
    );
  if ((await write(bundle.secretPrefix + secret.name, JSON.stringify(value))) === "missing")
    throw new OperatorProblem(
      `There is no secret ${bundle.secretPrefix}${secret.name}: a deploy makes it, unless its parameter createSecrets is false; ` +
        `then make it with aws secretsmanager create-secret --name ${bundle.secretPrefix}${secret.name}`,
    );
}

/** Compared with the other connections' secrets as they are now; one that cannot be read cannot be compared. */
async function sharedKeys(
  secret: NamedSecret,
  value: unknown,
  ports: SecretPorts,
): Promise<readonly string[]> {
  if (secret.kind !== "connection") return [];
  const { bundle, read } = ports;
  const others = namedSecrets(bundle.connections).filter(
    ({ kind, name }) => kind === "connection" && name !== secret.name,
  );
  const values = await Promise.all(
    others.map(async ({ name }) => {
      const stored = await read(bundle.secretPrefix + name);
      return [name, stored.kind === "text" ? readJson(stored.text) : undefined] as const;
    }),
  );
  return problemsBeside(bundle.connections, { ...Object.fromEntries(values), [secret.name]: value });
}
