import { hash } from "node:crypto";
import { type ApiDoorConfig, apiDoor, link, notFound } from "./api-door.ts";
import type { SandboxRoute } from "./route.ts";
import type { WebhookTarget } from "./webhooks.ts";

/**
 * The webhooks of the account: one for each connection of source `launchdarkly`, with a policy for every flag.
 * https://launchdarkly.com/docs/api/webhooks
 */
export function webhookReadRoutes(
  config: ApiDoorConfig & { readonly targets: () => readonly WebhookTarget[] },
): readonly SandboxRoute[] {
  const route = apiDoor("api", config);
  const webhooks = () => {
    const on = config.settings?.webhooks() !== "off";
    return config.targets().map((target) => ({ ...webhookView(target), on }));
  };
  return [
    route({
      method: "GET",
      path: PATH,
      right: "readWebhooks",
      apply: () => ({
        kind: "json",
        status: 200,
        body: { _links: { self: link(PATH) }, items: webhooks() },
      }),
    }),
    route({
      method: "GET",
      path: `${PATH}/{id}`,
      right: "readWebhooks",
      apply: ({ parameters: { id } }) => {
        const found = webhooks().find(({ _id }) => _id === id);
        return found ? { kind: "json", status: 200, body: found } : notFound;
      },
    }),
  ];
}

const PATH = "/api/v2/webhooks";

function webhookView({ url, signingSecret }: WebhookTarget) {
  const id = hash("sha256", url).slice(0, 24);
  return {
    _links: { self: link(`${PATH}/${id}`) },
    _id: id,
    name: url.slice(url.lastIndexOf("/") + 1),
    url,
    ...(signingSecret !== undefined && { secret: signingSecret }),
    statements: [{ effect: "allow", resources: ["proj/*:env/*:flag/*"], actions: ["*"] }],
    tags: [],
  };
}
