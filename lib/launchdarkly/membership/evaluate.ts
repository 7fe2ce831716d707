import * as z from "zod/mini";
import { readJson } from "../../json.ts";
import type { Client } from "../client.ts";
import { SEGMENT_MEANINGS } from "../segments/outcome.ts";
import type { EnvironmentKeys } from "./environment-keys.ts";
import { type Patience, patientCall } from "./patient-call.ts";

/** https://launchdarkly.com/docs/api/segments/get-context-instance-segments-membership-by-env */
const memberships = z.object({
  items: z.array(
    z.object({
      key: z.string(),
      name: z.nullish(z.string()),
      external: z.nullish(z.string()),
      isIndividuallyTargeted: z.boolean(),
    }),
  ),
});

/**
 * What LaunchDarkly says of one context in one segment. Rules of the segment count for a member, and not for who was targeted one by one:
 * only that is ours.
 */
export type EvaluatedSegment = z.output<typeof memberships>["items"][number];

const MAX_EVALUATION_BYTES = 32 * 1_024 * 1_024;

/** In which segments of an environment a context is: one request for all of them. Undefined where LaunchDarkly does not say. */
export async function evaluateContext(
  { kind, key }: { readonly kind: string; readonly key: string },
  {
    client,
    keys,
    patience,
  }: { readonly client: Client; readonly keys: EnvironmentKeys; readonly patience: Patience },
): Promise<readonly EvaluatedSegment[] | undefined> {
  const request = {
    method: "POST" as const,
    route: "/api/v2/projects/{project}/environments/{environment}/segments/evaluate",
    path: `/api/v2/projects/${encodeURIComponent(keys.project)}/environments/${encodeURIComponent(keys.environment)}/segments/evaluate`,
    body: { kind, key },
    maxAnswerBytes: MAX_EVALUATION_BYTES,
  };
  const outcome = await patientCall(() => client.call(request, SEGMENT_MEANINGS), patience);
  if (outcome.kind !== "taken") return undefined;
  return z.safeParse(memberships, readJson(outcome.body)).data?.items;
}
