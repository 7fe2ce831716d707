import { hash } from "node:crypto";
import { API_VERSIONS } from "./account-settings.ts";
import { type ApiDoorConfig, apiDoor, link, notFound } from "./api-door.ts";
import { ACCOUNT_ID, MEMBER_ID, TOKEN_NAME } from "./entry-parts.ts";
import { headerOf, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";

/**
 * Who asks, and in which version of the API: what a check of a token begins with. The sandbox's tokens are service tokens, unless the settings of the account say otherwise.
 * https://launchdarkly.com/docs/api/other/get-caller-identity
 */
export function accountRoutes(config: ApiDoorConfig): readonly SandboxRoute[] {
  const route = apiDoor("api", config);
  return [
    route({
      method: "GET",
      path: "/api/v2/caller-identity",
      apply: (request) => callerIdentity(request, config),
    }),
    route({ method: "GET", path: "/api/v2/versions", apply: (request) => versions(request, config) }),
    route({
      method: "GET",
      path: "/api/v2/tokens/{id}",
      right: "readTokens",
      apply: ({ parameters: { id = "" } }) =>
        [...config.accessTokens()].some((token) => tokenIdOf(token) === id)
          ? tokenView(id, config)
          : notFound,
    }),
  ];
}

function callerIdentity(request: SandboxRequest, { settings }: ApiDoorConfig): SandboxAnswer {
  const body = {
    accountId: ACCOUNT_ID,
    authKind: "token",
    tokenKind: "auth",
    tokenName: TOKEN_NAME,
    tokenId: tokenIdOf(headerOf(request, "authorization") ?? ""),
    memberId: MEMBER_ID,
    serviceToken: settings?.token() !== "personal",
  };
  return { kind: "json", status: 200, body };
}

function versions(request: SandboxRequest, { settings }: ApiDoorConfig): SandboxAnswer {
  const [latestVersion] = API_VERSIONS;
  const asked = headerOf(request, "ld-api-version");
  const currentVersion =
    API_VERSIONS.find((version) => String(version) === asked) ?? settings?.tokenApiVersion() ?? latestVersion;
  const body = { validVersions: API_VERSIONS, latestVersion, currentVersion, beta: asked === "beta" };
  return { kind: "json", status: 200, body };
}

function tokenView(id: string, { settings }: ApiDoorConfig): SandboxAnswer {
  const body = {
    _id: id,
    ownerId: MEMBER_ID,
    memberId: MEMBER_ID,
    name: TOKEN_NAME,
    creationDate: 0,
    lastModified: 0,
    role: "writer",
    serviceToken: settings?.token() !== "personal",
    defaultApiVersion: settings?.tokenApiVersion() ?? API_VERSIONS[0],
    _links: { parent: link("/api/v2/tokens"), self: link(`/api/v2/tokens/${id}`) },
  };
  return { kind: "json", status: 200, body };
}

/** Two tokens are two ids, and no id tells its token. */
function tokenIdOf(token: string): string {
  return hash("sha256", token).slice(0, 24);
}
