import type { LaunchDarklyEnvironment } from "../connections/schema.ts";

export type InstanceUrls = { readonly api: string; readonly events: string };

/**
 * Base URLs of LaunchDarkly's instances, without a slash at the end.
 * https://launchdarkly.com/docs/home/infrastructure/eu, https://launchdarkly.com/docs/home/infrastructure/federal
 */
const INSTANCES = {
  us: { api: "https://app.launchdarkly.com", events: "https://events.launchdarkly.com" },
  eu: { api: "https://app.eu.launchdarkly.com", events: "https://events.eu.launchdarkly.com" },
  federal: { api: "https://app.launchdarkly.us", events: "https://events.launchdarkly.us" },
} satisfies Record<string, InstanceUrls>;

export function urlsOf(instance: LaunchDarklyEnvironment["instance"]): InstanceUrls {
  return typeof instance === "string" ? INSTANCES[instance] : instance;
}
