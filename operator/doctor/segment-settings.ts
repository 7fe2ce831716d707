import * as z from "zod";
import { notSeen, withoutToken } from "./ask.ts";
import { type Check, type CheckLine, lineAbout, listed } from "./check.ts";
import type { AskedEnvironment, EnvironmentToAsk } from "./launchdarkly-environment.ts";
import type { WayOfWriting } from "./written-segments.ts";

/** https://launchdarkly.com/docs/api/persistent-store-integrations-beta/get-big-segment-store-integrations */
const storesAnswer = z.object({
  items: z.array(
    z.object({
      integrationKey: z.string(),
      projectKey: z.string(),
      environmentKey: z.string(),
      on: z.boolean(),
      _status: z
        .object({ available: z.boolean().nullish(), potentiallyStale: z.boolean().nullish() })
        .nullish(),
    }),
  ),
});

const STORES = "/api/v2/integration-capabilities/big-segment-store";
const STORE_DOCS = "https://launchdarkly.com/docs/home/flags/segment-config";

/** What an environment's settings mean for segments: approvals, and the store by which server-side SDKs see synced and big ones. */
export function segmentSettingsCheck(environment: EnvironmentToAsk, ways: readonly WayOfWriting[]): Check {
  const { subject, settings, asked } = environment;
  const approvals = lineAbout("segments.approvals", subject);
  const store = lineAbout("segments.store", subject);
  const needsStore = ways.some(({ writer }) => writer !== "list");
  const keyed = ways.flatMap(({ writer }) => (writer === "synced" ? [] : [writer]));
  return {
    title: subject,
    line: approvals,
    run: async () => {
      if (!asked)
        return [approvals, ...(needsStore ? [store] : [])].map((line) => withoutToken(line, settings.secret));
      return Promise.all([approvalsLine(asked), ...(needsStore ? [storeLine(asked)] : [])]);
    },
  };

  async function approvalsLine({ place: find }: AskedEnvironment): Promise<CheckLine> {
    const place = await find();
    if (place.kind !== "found")
      return approvals.skipped("the environment was not found", "Mend launchdarkly.environment first.");
    const own = place.view.resourceApprovalSettings?.segment;
    if (!own)
      return approvals.skipped(
        "LaunchDarkly does not say whether changes of segments need an approval: not every plan has that",
        "npx flagbridge doctor --write tries it.",
      );
    if (!own.required) return approvals.ok("changes of segments need no approval");
    const tags = own.requiredApprovalTags ?? [];
    const which = tags.length > 0 ? `segments tagged ${listed(tags)}` : "segments";
    const found = `changes of ${which} need an approval`;
    if (keyed.length === 0)
      return approvals.warning(
        `${found}; an integration writes synced segments without`,
        "npx flagbridge doctor --write proves that it does.",
      );
    return approvals.warning(
      `${found}: LaunchDarkly refuses what writer ${listed([...new Set(keyed)])} sends unless the token's role has bypassRequiredSegmentApproval`,
      "Give the role bypassRequiredSegmentApproval; npx flagbridge doctor --write proves it.",
    );
  }

  async function storeLine({ ask, place: find }: AskedEnvironment): Promise<CheckLine> {
    const place = await find();
    if (place.kind !== "found")
      return store.skipped("the environment was not found", "Mend launchdarkly.environment first.");
    const answer = await ask({ method: "GET", path: STORES, route: STORES, version: "beta" });
    if (answer.kind !== "taken") return notSeen(store, answer, "viewing integrations (the role Reader)");
    const { data } = storesAnswer.safeParse(answer.json);
    if (!data)
      return store.skipped("its answer is not as documented", "It is worth an issue with this output.");
    const { project, environment: key } = place;
    const own = data.items.filter((one) => one.projectKey === project && one.environmentKey === key);
    const on = own.filter((one) => one.on);
    const working = on.find(({ _status }) => _status?.available !== false);
    if (working)
      return working._status?.potentiallyStale
        ? store.warning(
            `the ${working.integrationKey} store of ${project}/${key} may be out of date`,
            "See its errors in LaunchDarkly, Integrations.",
          )
        : store.ok(
            `${project}/${key} has a persistent store (${working.integrationKey}), which server-side SDKs read`,
          );
    if (on.length > 0)
      return store.failed(
        `the persistent store of ${project}/${key} does not work: server-side SDKs see none of its synced and big segments`,
        "See its errors in LaunchDarkly, Integrations.",
      );
    return store.warning(
      `${project}/${key} has no persistent store${own.length > 0 ? " that is on" : ""}: server-side SDKs see none of its synced and big segments. Client-side SDKs need none`,
      `Where server-side SDKs evaluate them, add a Redis or DynamoDB integration, or Relay: ${STORE_DOCS}`,
    );
  }
}
