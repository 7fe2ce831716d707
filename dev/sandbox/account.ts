import { hash } from "node:crypto";
import { type ApiDoorConfig, apiDoor, link, notFound } from "./api-door.ts";
import { ACCOUNT_ID, MEMBER_ID, TOKEN_NAME } from "./entry-parts.ts";
import { headerOf, type SandboxAnswer, type SandboxRequest, type SandboxRoute } from "./route.ts";

/** Newest first. https://launchdarkly.com/docs/api#versioning */
const VERSIONS = [20240415, 20220603, 20210729, 20191212, 20160426] as const;

/**
 * Who asks, and in which version of the API: what a check of a token begins with. The sandbox's tokens are service tokens.
 * https://launchdarkly.com/docs/api/other/get-caller-identity
 */
export function accountRoutes(config: ApiDoorConfig): readonly SandboxRoute[] {
  const route = apiDoor("api", config);
  return [
    route({ method: "GET", path: "/api/v2/caller-identity", apply: callerIdentity }),
    route({ method: "GET", path: "/api/v2/versions", apply: versions }),
    route({
      method: "GET",
      path: "/api/v2/tokens/{id}",
      apply: ({ parameters: { id = "" } }) =>
        [...config.accessTokens()].some((token) => tokenIdOf(token) === id) ? tokenView(id) : notFound,
    }),
  ];
}

function callerIdentity(request: SandboxRequest): SandboxAnswer {
  const body = {
    accountId: ACCOUNT_ID,
    authKind: "token",
    tokenKind: "auth",
    tokenName: TOKEN_NAME,
    tokenId: tokenIdOf(headerOf(request, "authorization") ?? ""),
    memberId: MEMBER_ID,
    serviceToken: true,
  };
  return { kind: "json", status: 200, body };
}

function versions(request: SandboxRequest): SandboxAnswer {
  const [latestVersion] = VERSIONS;
  const asked = headerOf(request, "ld-api-version");
  const currentVersion = VERSIONS.find((version) => String(version) === asked) ?? latestVersion;
  const body = { validVersions: VERSIONS, latestVersion, currentVersion, beta: asked === "beta" };
  return { kind: "json", status: 200, body };
}

function tokenView(id: string): SandboxAnswer {
  const body = {
    _id: id,
    ownerId: MEMBER_ID,
    memberId: MEMBER_ID,
    name: TOKEN_NAME,
    creationDate: 0,
    lastModified: 0,
    role: "writer",
    serviceToken: true,
    defaultApiVersion: VERSIONS[0],
    _links: { parent: link("/api/v2/tokens"), self: link(`/api/v2/tokens/${id}`) },
  };
  return { kind: "json", status: 200, body };
}

/** Two tokens are two ids, and no id tells its token. */
function tokenIdOf(token: string): string {
  return hash("sha256", token).slice(0, 24);
}
