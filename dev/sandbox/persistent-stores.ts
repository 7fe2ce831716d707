import { hash } from "node:crypto";
import { type ApiDoorConfig, apiDoor, link } from "./api-door.ts";
import { headerOf, refusal, type SandboxRoute } from "./route.ts";

const PATH = "/api/v2/integration-capabilities/big-segment-store";

/**
 * The persistent store integrations of the account: one for each environment that the settings give one. As every resource that is in
 * beta it is there for requests with `LD-API-Version: beta` alone; with which status LaunchDarkly refuses others is not documented.
 * https://launchdarkly.com/docs/api/persistent-store-integrations-beta
 */
export function persistentStoreRoutes(config: ApiDoorConfig): readonly SandboxRoute[] {
  const route = apiDoor("api", config);
  return [
    route({
      method: "GET",
      path: PATH,
      right: "readPersistentStores",
      apply: (request) => {
        if (headerOf(request, "ld-api-version") !== "beta")
          return refusal(
            403,
            "forbidden",
            "this resource is in beta: expected the header LD-API-Version: beta",
          );
        const items = config.settings?.persistentStores().map(storeView) ?? [];
        return { kind: "json", status: 200, body: { _links: { self: link(PATH) }, items } };
      },
    }),
  ];
}

function storeView({ project, environment }: { readonly project: string; readonly environment: string }) {
  const id = hash("sha256", `${project}/${environment}`).slice(0, 24);
  const parent = `${PATH}/${project}/${environment}`;
  return {
    _links: {
      self: link(`${parent}/dynamodb/${id}`),
      parent: link(parent),
      project: link(`/api/v2/projects/${project}`),
      environment: link(`/api/v2/projects/${project}/environments/${environment}`),
    },
    _id: id,
    integrationKey: "dynamodb",
    projectKey: project,
    environmentKey: environment,
    config: {},
    on: true,
    tags: [],
    name: "Sandbox store",
    version: 1,
    _status: { available: true, potentiallyStale: false, errors: [] },
  };
}
