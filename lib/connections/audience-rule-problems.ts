import { environmentsOfAudience } from "./audience-environments.ts";
import { contextKindProblem } from "./integrations.ts";
import type { Connection } from "./schema.ts";
import { SOURCE_TRAITS } from "./source-traits.ts";

/** A problem and its path within `audiences`. */
type RuleProblem = { readonly path: readonly PropertyKey[]; readonly message: string };

type Audiences = Connection["audiences"];

/** The problems of the rules of `audiences`: those that can match nothing, and those that contradict another. */
export function audienceRuleProblems({
  source,
  audiences,
}: Pick<Connection, "source" | "audiences">): RuleProblem[] {
  const { to, only, except, rename, byAudience } = audiences;
  const rules = Object.entries({ only, except, rename, byAudience }).filter(([, rule]) => rule !== undefined);
  if (to.length === 0)
    return rules.map(([option]) => ({
      path: [option],
      message: "expected an environment in to: as it is, this rule can match nothing",
    }));
  return [
    ...selectionProblems(audiences),
    ...(SOURCE_TRAITS[source].namesSegments ? [] : ownSegmentProblems(source, audiences)),
    ...Object.keys(rename ?? {}).flatMap((id) => notSentProblems(audiences, "rename", id)),
    ...Object.keys(byAudience ?? {}).flatMap((id) => notSentProblems(audiences, "byAudience", id)),
    ...renameProblems(audiences),
    ...Object.keys(byAudience ?? {}).flatMap((id) => oneAudienceProblems(source, audiences, id)),
  ];
}

/** `only` leaves out everything else, so an id in `except` beside it either contradicts it or says nothing. */
function selectionProblems({ only, except }: Audiences): RuleProblem[] {
  return [
    ...repeated(["only"], only ?? []),
    ...repeated(["except"], except ?? []),
    ...(only ? (except ?? []) : []).map((id, index) => ({
      path: ["except", index],
      message: only?.includes(id)
        ? `expected an id that only does not list: "${id}" is in both; remove it from one`
        : `expected no id beside only, which leaves out "${id}" already: this rule can match nothing; remove it`,
    })),
  ];
}

function repeated(path: readonly PropertyKey[], names: readonly string[]): RuleProblem[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [
          {
            path: [...path, index],
            message: `expected every one once, "${name}" is there already: remove one`,
          },
        ]
      : [],
  );
}

/** The connection names the one segment, so rules for other ids can match nothing. */
function ownSegmentProblems(source: Connection["source"], audiences: Audiences): RuleProblem[] {
  const { segment, only, except, rename, byAudience } = audiences;
  if (!segment) return [];
  const own = `expected "${segment.id}", the connection's own segment, as requests of source ${source} name none: this rule can match nothing`;
  const others = (option: string, listed: readonly (readonly [PropertyKey, string])[]): RuleProblem[] =>
    listed.flatMap(([step, id]) => (id === segment.id ? [] : [{ path: [option, step], message: own }]));
  return [
    ...others("only", [...(only ?? []).entries()]),
    ...others("except", [...(except ?? []).entries()]),
    ...others(
      "byAudience",
      Object.keys(byAudience ?? {}).map((id) => [id, id]),
    ),
    ...Object.keys(rename ?? {}).map((id) => ({
      path: ["rename", id],
      message: id === segment.id ? "expected no rename of the connection's own segment: change segment" : own,
    })),
    ...(except ?? []).flatMap((id, index) =>
      id === segment.id
        ? [
            {
              path: ["except", index],
              message: `expected another id than that of segment: as it is, nothing is sent`,
            },
          ]
        : [],
    ),
  ];
}

function notSentProblems({ only, except, rename }: Audiences, option: string, id: string): RuleProblem[] {
  const isLeftOut = except?.includes(id) ?? false;
  if (!isLeftOut && (only === undefined || only.includes(id))) return [];
  const why = isLeftOut ? "except leaves it out" : "only does not list it";
  const [sent] = Object.entries(rename ?? {}).find(([, to]) => to.id === id) ?? [];
  const hint =
    sent === undefined ? "" : `. Rules name an audience by the id that its source sends: "${sent}"`;
  return [
    {
      path: [option, id],
      message: `expected an audience that is sent, ${why}: this rule can match nothing${hint}`,
    },
  ];
}

/** Two audiences in one segment contradict each other: who leaves one of them leaves the segment, and is still in the other. */
function renameProblems(audiences: Audiences): RuleProblem[] {
  const { only, except, rename = {}, byAudience = {} } = audiences;
  const known = only ?? [...new Set([...Object.keys(byAudience), ...Object.keys(rename)])];
  const sent = known.filter((id) => !except?.includes(id));
  const segmentOf = (id: string): string => (Object.hasOwn(rename, id) ? (rename[id]?.id ?? id) : id);
  return Object.keys(rename).flatMap((id, index) => {
    const before = Object.keys(rename).slice(0, index);
    const twin = sent.find(
      (other) =>
        other !== id &&
        segmentOf(other) === segmentOf(id) &&
        (before.includes(other) || !Object.hasOwn(rename, other)) &&
        environmentsOfAudience(audiences, other).some((one) =>
          environmentsOfAudience(audiences, id).includes(one),
        ),
    );
    if (twin === undefined) return [];
    const message = `expected an id of its own: the audience "${twin}" fills the segment "${segmentOf(id)}" too, and who leaves one of the two would leave both; choose another, or keep their environments apart in byAudience`;
    return [{ path: ["rename", id, "id"], message }];
  });
}

function oneAudienceProblems(source: Connection["source"], audiences: Audiences, id: string): RuleProblem[] {
  const own = audiences.byAudience?.[id];
  if (!own) return [];
  const at = ["byAudience", id];
  const name = audiences.integration ?? SOURCE_TRAITS[source].integration;
  const kindProblem =
    audiences.writer === "synced" && name && own.contextKind !== undefined
      ? contextKindProblem(name, own.contextKind)
      : undefined;
  return [
    ...repeated([...at, "to"], own.to ?? []),
    ...(own.to ?? []).flatMap((environment, index) =>
      audiences.to.includes(environment)
        ? []
        : [
            {
              path: [...at, "to", index],
              message: `expected an environment of audiences.to (${audiences.to.join(", ")}), found "${environment}": add it there`,
            },
          ],
    ),
    ...(kindProblem === undefined ? [] : [{ path: [...at, "contextKind"], message: kindProblem }]),
  ];
}
