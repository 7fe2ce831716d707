type CloudRegion = "us" | "eu";

/** The names that PostHog Cloud has gone by. https://github.com/PostHog/posthog-python (determine_server_host) */
const REGIONS: Readonly<Record<string, CloudRegion>> = {
  "app.posthog.com": "us",
  "us.posthog.com": "us",
  "us.i.posthog.com": "us",
  "eu.posthog.com": "eu",
  "eu.i.posthog.com": "eu",
};

/**
 * Where events go: of PostHog Cloud the host for ingestion, whichever of its names is given; a host of one's own as it
 * is. Without a slash at the end. https://posthog.com/docs/api#public-endpoints
 */
export function ingestionHost(host: string): string {
  const region = regionOf(host);
  return region ? `https://${region}.i.posthog.com` : host;
}

/** Where the private API is, annotations among it. https://posthog.com/docs/api#private-endpoints */
export function appHost(host: string): string {
  const region = regionOf(host);
  return region ? `https://${region}.posthog.com` : host;
}

function regionOf(host: string): CloudRegion | undefined {
  const hostname = URL.parse(host)?.hostname ?? "";
  return Object.hasOwn(REGIONS, hostname) ? REGIONS[hostname] : undefined;
}
