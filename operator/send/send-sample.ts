import { type ConnectionSecret, connectionSecretOf } from "../../lib/connections/check-secrets.ts";
import { secretCheckOf } from "../../lib/connections/destination-secrets.ts";
import { connectionNamed, environmentNamed } from "../../lib/connections/find.ts";
import type { Connection, Connections, SourceName } from "../../lib/connections/schema.ts";
import { readJson } from "../../lib/json.ts";
import type { Bundle } from "../bundle.ts";
import { misspelt } from "../misspelt.ts";
import { OperatorProblem } from "../problem.ts";
import type { ReadStored } from "../secrets/list.ts";
import { AUDIENCE_SAMPLES } from "./audience-samples.ts";
import { FLAG_CHANGE_SAMPLE, METRIC_SAMPLES } from "./other-samples.ts";
import { proofOf } from "./proof.ts";
import { type Sample, type SampleFacts, sampleMember, sampleSegment } from "./sample.ts";

/** Every request that `flagbridge send` knows. */
export const SAMPLES: readonly Sample[] = [...AUDIENCE_SAMPLES, ...METRIC_SAMPLES, FLAG_CHANGE_SAMPLE];

/** A sample, and a connection that it arrives through. */
export type ListedSample = {
  readonly sample: string;
  readonly connection: string;
  readonly source: SourceName;
};

/** Every sample with every connection whose source sends it, and that has a destination for it. */
export function listSamples({ connections }: Connections): readonly ListedSample[] {
  return Object.entries(connections).flatMap(([name, connection]) =>
    SAMPLES.filter((sample) => fits(sample, connection)).map(({ name: sample, source }) => ({
      sample,
      connection: name,
      source,
    })),
  );
}

function fits({ source, through }: Sample, connection: Connection): boolean {
  if (source !== connection.source) return false;
  return through === "audiences" ? connection.audiences.to.length > 0 : connection[through] !== undefined;
}

/** What came of a sample. `answer` is the body: JSON where it is some. */
export type SentSample = {
  readonly sample: string;
  readonly request: { readonly method: "POST"; readonly url: string };
  readonly status: number;
  readonly answer: unknown;
};

/** What the sample should have become, to be looked for. */
export type Arrival =
  | {
      readonly kind: "member";
      readonly segment: string;
      readonly member: string;
      readonly connection: string;
    }
  | { readonly kind: "event"; readonly member: string }
  | { readonly kind: "flag-change"; readonly id: string };

export type SendPorts = {
  readonly bundle: Pick<Bundle, "connections" | "secretPrefix" | "where">;
  readonly readSecret: ReadStored;
  readonly post: (
    url: string,
    request: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  ) => Promise<{ readonly status: number; readonly text: string }>;
  readonly nowMs: number;
  /** 24 random hex digits. */
  readonly id: string;
};

/**
 * Sends one request as its vendor does, proven with the connection's own secret.
 * @throws {OperatorProblem} for a name that no sample or connection has, a sample of several connections, or a secret that is not right
 */
export async function sendSample(
  asked: { readonly sample: string; readonly connection: string | undefined },
  { bundle, readSecret, post, nowMs, id }: SendPorts,
): Promise<{ readonly sent: SentSample; readonly arrival: Arrival }> {
  const { sample, connectionName, connection } = chosen(asked, bundle.connections);
  const secret = await secretOf(connection, { bundle, readSecret });
  const environment = environmentNamed(bundle.connections, connection.audiences.to[0] ?? "");
  const environmentId = environment?.clientSideId ?? "";
  const facts: SampleFacts = { connectionName, connection, secret, environmentId, nowMs, id };
  const request = sample.request(facts);
  const url = `${bundle.where.url}${request.path}`;
  const headers = { ...request.headers, ...proofOf(request, facts) };
  const { status, text } = await post(url, { headers, body: request.body });
  const answer = readJson(text) ?? text;
  return {
    sent: { sample: sample.name, request: { method: "POST", url }, status, answer },
    arrival: arrivalOf(sample, facts),
  };
}

function chosen(
  asked: { readonly sample: string; readonly connection: string | undefined },
  connections: Connections,
) {
  const sample = SAMPLES.find(({ name }) => name === asked.sample);
  const all = listSamples(connections);
  if (!sample) {
    const known = [...new Set(all.map((listed) => listed.sample))];
    throw new OperatorProblem(misspelt("sample", asked.sample, known, "one that npx flagbridge send lists"));
  }
  if (asked.connection !== undefined && !connectionNamed(connections, asked.connection)) {
    const known = Object.keys(connections.connections);
    throw new OperatorProblem(misspelt("--connection", asked.connection, known, "a connection"));
  }
  const fitting = all.filter(({ sample: name }) => name === sample.name).map(({ connection }) => connection);
  const wanted = fitting.filter((name) => asked.connection === undefined || name === asked.connection);
  const [connectionName, ...others] = wanted;
  const connection = connectionName === undefined ? undefined : connectionNamed(connections, connectionName);
  if (connectionName === undefined || !connection)
    throw new OperatorProblem(
      fitting.length > 0
        ? `--connection: "${asked.connection}" does not take ${sample.name}; these do: ${fitting.join(", ")}`
        : `No connection takes ${sample.name}: it needs source: ${sample.source} with ${sample.through}.`,
    );
  if (others.length > 0)
    throw new OperatorProblem(
      `Several connections take ${sample.name}: say which with --connection ${wanted.join(" or ")}`,
    );
  return { sample, connectionName, connection };
}

async function secretOf(
  { secret: name, source }: Connection,
  { bundle, readSecret }: Pick<SendPorts, "bundle" | "readSecret">,
): Promise<ConnectionSecret> {
  const stored = await readSecret(bundle.secretPrefix + name);
  const fill = `npx flagbridge secrets set ${name}`;
  if (stored.kind !== "text")
    throw new OperatorProblem(`The secret ${name} is ${stored.kind}: fill it with ${fill}`);
  const checked = secretCheckOf(connectionSecretOf(source))(readJson(stored.text));
  if (checked.ok) return checked.value;
  throw new OperatorProblem(
    `The secret ${name} is not right: ${checked.problems.join("; ")}. Fill it with ${fill}`,
  );
}

function arrivalOf({ through }: Sample, facts: SampleFacts): Arrival {
  const member = sampleMember(facts);
  switch (through) {
    case "audiences":
      return {
        kind: "member",
        segment: sampleSegment(facts).id,
        member,
        connection: facts.connectionName,
      };
    case "metrics":
      return { kind: "event", member };
    case "posthog":
      return { kind: "flag-change", id: facts.id };
  }
}
