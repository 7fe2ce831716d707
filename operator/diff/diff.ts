import { connectionNamed } from "../../lib/connections/find.ts";
import type { Connections } from "../../lib/connections/schema.ts";
import { targetOf } from "../../lib/launchdarkly/segments/found-segment.ts";
import type { Action } from "../../lib/messages/operation.ts";
import { type KnownLookups, type KnownPlace, knownPlaces } from "../explain/known.ts";
import { type ComparePorts, compareSegment, type FileKeys, type HowMany } from "./compare.ts";
import type { Drift } from "./drift.ts";

export type DriftedMember = {
  /** The environment's name in connections.yml. */
  readonly environment: string;
  readonly writer: string;
  readonly kind: string;
  readonly key: string;
  /** What the ledger has last; null when it knows nothing. */
  readonly ledger: Action | null;
  /** Whether LaunchDarkly has it; null when it was not asked, because file and ledger differ already. */
  readonly launchdarkly: boolean | null;
};

export type Diff = {
  readonly compared: number;
  /** Should be members, by the file or else the ledger, and are not everywhere. */
  readonly missing: readonly DriftedMember[];
  /** Are members somewhere, and should not be. */
  readonly extra: readonly DriftedMember[];
  readonly unknown: number;
  /** What differs in each place, for the repair. */
  readonly places: readonly DiffedPlace[];
};

export type DiffedPlace = Pick<KnownPlace, "place"> & {
  readonly drift: readonly Drift[];
  readonly compared: number;
  readonly unknown: number;
  /** `whole`: every member of both sides. `all`: every member that the ledger or the file has. `sample`: some of those. */
  readonly how: "whole" | "all" | "sample";
  /** Why LaunchDarkly could not be asked. */
  readonly why?: string;
};

export type AskedDiff = {
  readonly segmentId: string;
  readonly connection: string | undefined;
  readonly howMany: HowMany;
  readonly file: FileKeys | undefined;
};

export type DiffPorts = KnownLookups & {
  readonly ledger: ComparePorts["ledger"];
  readonly random: ComparePorts["random"];
  readonly onProgress: ComparePorts["onProgress"];
};

/**
 * What the ledger believes of a segment beside what LaunchDarkly holds, and both beside a file, wherever the segment is.
 * @throws {OperatorProblem} for a connection or a segment that nobody knows
 */
export async function diffSegment(asked: AskedDiff, ports: DiffPorts): Promise<Diff> {
  const known = await knownPlaces(asked, { ...ports, letterCalls: undefined });
  const places: DiffedPlace[] = [];
  let before = 0;
  for (const one of known) {
    const onProgress = (done: number) => ports.onProgress(before + done);
    const diffed = await diffPlace(one, asked, { ...ports, onProgress });
    before += diffed.compared + diffed.unknown;
    places.push(diffed);
  }
  const drifted = (repair: Action): readonly DriftedMember[] =>
    places.flatMap(({ place, drift }) =>
      drift
        .filter((one) => one.repair === repair)
        .map(({ kind, key, entry, member }) => ({
          environment: place.environment,
          writer: place.writer,
          kind,
          key,
          ledger: entry?.action ?? null,
          launchdarkly: member,
        })),
    );
  const sum = (count: (one: DiffedPlace) => number) => places.reduce((total, one) => total + count(one), 0);
  return {
    compared: sum(({ compared }) => compared),
    missing: drifted("add"),
    extra: drifted("remove"),
    unknown: sum(({ unknown }) => unknown),
    places,
  };
}

async function diffPlace(
  { place, looked }: KnownPlace,
  { howMany, file }: AskedDiff,
  ports: DiffPorts,
): Promise<DiffedPlace> {
  const { found } = looked;
  const exported = howMany.kind === "all" && found.kind === "found" ? await looked.exported() : undefined;
  const included = exported ? targetsOf(exported, found) : wholeOf(looked.found);
  const kinds = kindsOf({ place, looked }, file, ports.bundle.connections);
  const compared = await compareSegment(
    { place, looked, kinds, howMany, file, included, recheck: exported ? "yes" : "no" },
    ports,
  );
  return {
    place,
    ...compared,
    how: included ? "whole" : howMany.kind,
    ...(found.kind === "unknown" && { why: found.why }),
  };
}

/** All that LaunchDarkly has, where one answer had it: of a list segment, and of a segment that is not there. */
function wholeOf(found: KnownPlace["looked"]["found"]): ReadonlySet<string> | undefined {
  if (found.kind === "missing") return new Set();
  return found.kind === "found" && found.segment.kind === "list" ? found.segment.included : undefined;
}

/** An export has the keys alone: they are of the segment's own kind. */
function targetsOf(
  keys: ReadonlySet<string>,
  found: KnownPlace["looked"]["found"],
): ReadonlySet<string> | undefined {
  if (found.kind !== "found" || found.segment.kind === "list") return undefined;
  const { contextKind } = found.segment;
  return new Set([...keys].map((key) => targetOf(contextKind, key)));
}

/**
 * The context kinds to read the ledger for, which lists members of one kind at a time: those that LaunchDarkly has, that of the
 * file, and those that the connections send when nothing else is said.
 */
function kindsOf(
  { place, looked: { found } }: Pick<KnownPlace, "place" | "looked">,
  file: FileKeys | undefined,
  connections: Connections,
): readonly string[] {
  const kinds = new Set(["user", ...(file ? [file.kind] : [])]);
  for (const name of place.connections) {
    const connection = connectionNamed(connections, name);
    if (connection) kinds.add(connection.audiences.contextKind);
  }
  if (found.kind === "found") {
    const { segment } = found;
    if (segment.kind !== "list") kinds.add(segment.contextKind);
    else for (const target of segment.included) kinds.add(target.slice(0, target.indexOf(" ")));
  }
  return [...kinds];
}
