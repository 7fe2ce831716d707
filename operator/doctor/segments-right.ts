import * as z from "zod";
import { type Integration, isProvisionedOnRequest } from "../../lib/connections/integrations.ts";
import { SEMANTIC_PATCH } from "../../lib/launchdarkly/segments/list.ts";
import { type Ask, notSeen, withoutToken } from "./ask.ts";
import { type Check, type CheckLine, lineAbout } from "./check.ts";
import type { AskedEnvironment, EnvironmentToAsk, Place } from "./launchdarkly-environment.ts";
import type { FoundPlace } from "./read-back.ts";
import { describeWay, type WayOfWriting } from "./written-segments.ts";

/** https://launchdarkly.com/docs/api/segments/list-segments */
const segmentsAnswer = z.object({
  items: z.array(
    z.object({
      key: z.string(),
      unbounded: z.boolean().nullish(),
      _external: z.string().nullish(),
      tags: z.array(z.string()).nullish(),
    }),
  ),
});

/** A dry run names nobody: this key is of no person, and LaunchDarkly keeps nothing of it. */
const NOBODY = "flagbridge-doctor";
const PAGE = 50;
const MOST_PAGES = 20;
const MAX_PAGE_BYTES = 32 * 1_024 * 1_024;
const TRY_IT = "npx flagbridge doctor --write tries it on a segment of its own.";

/**
 * May the token create and change segments? Only of list segments LaunchDarkly says so without writing: by a dry run, which needs a
 * list segment that is there. Of synced ones on the eu and federal instances: is the integration there at all?
 */
export function segmentsRightCheck(environment: EnvironmentToAsk, way: WayOfWriting): Check {
  const subject = `${environment.subject} (${describeWay(way)})`;
  const update = lineAbout("segments.update", subject);
  const create = lineAbout("segments.create", subject);
  const notTried = create.skipped(
    "whether the token may create segments, LaunchDarkly does not say without a write",
    TRY_IT,
  );
  return {
    title: subject,
    line: update,
    run: async () => {
      const { asked, settings } = environment;
      if (!asked) return [update, create].map((line) => withoutToken(line, settings.secret));
      if (way.writer !== "list")
        return [
          ...(way.writer === "synced" && isProvisionedOnRequest(settings.instance)
            ? [await provisionedLine(asked, way.integration)]
            : []),
          update.skipped(
            "whether the token may change members, LaunchDarkly does not say without a write",
            TRY_IT,
          ),
          notTried,
        ];
      const place = await asked.place();
      return [await dryRun(asked.ask, place), notTried];
    },
  };

  /** A segment that the integration has synced is there only where the integration is. */
  async function provisionedLine(
    { ask, place: find }: AskedEnvironment,
    integration: Integration,
  ): Promise<CheckLine> {
    const line = lineAbout("segments.provisioned", subject);
    const place = await find();
    if (place.kind !== "found")
      return line.skipped("the environment was not found", "Mend launchdarkly.environment first.");
    const { instance } = environment.settings;
    const found = await findSegment(ask, place, (one) => (one._external === integration ? "best" : "no"));
    switch (found.kind) {
      case "segment":
        return line.ok(`${integration} is provisioned on ${instance}: it has synced segment "${found.key}"`);
      case "none":
        return line.skipped(
          `whether ${integration} is provisioned on ${instance}, nothing shows: it has synced no segment of ${place.project}/${place.environment} yet`,
          TRY_IT,
        );
      case "unknown":
        return notSeen(line, found.answer, "viewProject");
    }
  }

  async function dryRun(ask: Ask, place: Place): Promise<CheckLine> {
    if (place.kind !== "found")
      return update.skipped("the environment was not found", "Mend launchdarkly.environment first.");
    const found = await findSegment(ask, place, listSegment);
    if (found.kind === "none")
      return update.skipped(
        `there is no list segment in ${place.project}/${place.environment} to try it on`,
        TRY_IT,
      );
    if (found.kind === "unknown") return notSeen(update, found.answer, "viewProject");
    const path = `${pathOf(place)}/${encodeURIComponent(found.key)}`;
    const answer = await ask({
      method: "PATCH",
      path: `${path}?dryRun=true`,
      route: "/api/v2/segments/{project}/{environment}/{segment}",
      contentType: SEMANTIC_PATCH,
      body: {
        environmentKey: place.environment,
        instructions: [{ kind: "addIncludedTargets", contextKind: way.contextKind, values: [NOBODY] }],
      },
      maxAnswerBytes: MAX_PAGE_BYTES,
    });
    switch (answer.kind) {
      case "taken":
        return update.ok(
          `the token may change members (updateIncluded): a dry run on segment "${found.key}" passed`,
        );
      case "forbidden":
        return /approval/i.test(answer.words)
          ? update.failed(
              `changes of segments need an approval here: ${answer.words}`,
              "Give the token's role bypassRequiredSegmentApproval, or require no approval of segments in the environment's settings. Until then operations become dead letters.",
            )
          : update.failed(
              "the token may not change members of segments (403)",
              "Give its role createSegment and updateIncluded on proj/*:env/*:segment/*, or use a token with the role Writer.",
            );
      default:
        return notSeen(update, answer, "updateIncluded");
    }
  }
}

type Segment = z.output<typeof segmentsAnswer>["items"][number];

type FoundSegment =
  | { readonly kind: "segment"; readonly key: string }
  | { readonly kind: "none" }
  | { readonly kind: "unknown"; readonly answer: Parameters<typeof notSeen>[1] };

/** One that Flagbridge made is best: a dry run on it is seen by nobody else. */
function listSegment({ unbounded, _external, tags }: Segment): "best" | "good" | "no" {
  if (unbounded || _external) return "no";
  return tags?.includes("flagbridge") ? "best" : "good";
}

/** The first best one among the first pages, else the first good one. */
async function findSegment(
  ask: Ask,
  place: FoundPlace,
  judge: (segment: Segment) => "best" | "good" | "no",
): Promise<FoundSegment> {
  let good: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await ask({
      method: "GET",
      path: `${pathOf(place)}?limit=${PAGE}&offset=${page * PAGE}`,
      route: "/api/v2/segments/{project}/{environment}",
      maxAnswerBytes: MAX_PAGE_BYTES,
    });
    if (answer.kind !== "taken") return { kind: "unknown", answer };
    const { data } = segmentsAnswer.safeParse(answer.json);
    if (!data)
      return { kind: "unknown", answer: { kind: "unreachable", why: "its answer is not as documented" } };
    const best = data.items.find((one) => judge(one) === "best");
    if (best) return { kind: "segment", key: best.key };
    good ??= data.items.find((one) => judge(one) === "good")?.key;
    if (data.items.length < PAGE) break;
  }
  return good === undefined ? { kind: "none" } : { kind: "segment", key: good };
}

function pathOf({ project, environment }: FoundPlace): string {
  return `/api/v2/segments/${encodeURIComponent(project)}/${encodeURIComponent(environment)}`;
}
