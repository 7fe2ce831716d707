import { SOURCE_TRAITS } from "../../lib/connections/source-traits.ts";
import { SANDBOX, SANDBOX_INSTANCE } from "../support/stack-files.ts";

/** A connection of every source, named after it, with a token of its own. Its options allow all that the document does. */

const SOURCE_NAMES = Object.keys(SOURCE_TRAITS);

export const tokenOf = (source: string): string => `openapi-${source}`;

export const ENVIRONMENT_ID = "openapi-environment";

/** The write key of source segment, for the routes of SDKs. */
export const WRITE_KEY = "openapi-write-key";

export const CONNECTIONS = `launchdarkly:
  staging: { clientSideId: ${ENVIRONMENT_ID}, instance: ${SANDBOX_INSTANCE}, secret: launchdarkly-environment }
posthog:
  main: { host: ${SANDBOX}/posthog, secret: posthog-project }
connections:
${Object.entries(SOURCE_TRAITS)
  .map(([source, traits]) => {
    const audiences = `{ to: [staging], lenientBooleans: true${traits.namesSegments ? "" : ", segment: { id: beta, name: Beta }"} }`;
    const does = traits.sendsFlagChanges ? "posthog: { to: [main] }" : `audiences: ${audiences}`;
    const metrics = traits.sendsEvents ? ", metrics: { to: [staging] }" : "";
    return `  ${source}: { source: ${source}, secret: ${source}, ${does}${metrics} }\n`;
  })
  .join("")}`;

export const SECRETS = {
  "launchdarkly-environment": { accessToken: "openapi-access" },
  "posthog-project": { projectApiKey: "phc_openapi" },
  ...Object.fromEntries(
    SOURCE_NAMES.map((source) => [
      source,
      { tokens: [tokenOf(source)], ...(source === "segment" && { writeKeys: [WRITE_KEY] }) },
    ]),
  ),
};
