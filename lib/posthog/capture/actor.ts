import type { ReadableChange } from "../../flag-changes/readable.ts";
import type { ActorKind } from "./wire.ts";

/** PostHog cuts longer ids itself, and two ids that differ only behind the cut would become one. https://posthog.com/docs/api/capture */
const MAX_DISTINCT_ID_CHARS = 200;

type Actors = Pick<ReadableChange, "member" | "token" | "app">;

/** Who made the change, as far as it is known: a member may have used a token or an app, and is the actor all the same. */
export function actorKindOf({ member, token, app }: Actors): ActorKind {
  if (member) return "member";
  if (token) return "token";
  return app ? "app" : "launchdarkly";
}

/**
 * The distinct_id of a change: the first id that is known. No id can be one that PostHog takes for a mistake (`system`,
 * `null`, …). https://posthog.com/docs/product-analytics/identify
 */
export function distinctIdOf({ member, token, app }: Actors): string {
  const tokenId = token?.id || token?.name;
  const appId = app?.id || app?.name;
  const id =
    member?.id ||
    (tokenId && `launchdarkly:token:${tokenId}`) ||
    (appId && `launchdarkly:app:${appId}`) ||
    "launchdarkly";
  return id.slice(0, MAX_DISTINCT_ID_CHARS).toWellFormed();
}
