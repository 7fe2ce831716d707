import { expect } from "vitest";
import type { Exchange } from "./front.ts";
import type { Client, Outcome } from "./sdk-stack.ts";

/** The segment that every Segment SDK makes: it adds three members, and takes the first away again. */
export function betaUsers({ name }: Client): Outcome["segments"] {
  return [
    {
      environmentId: name,
      integration: "segment-audiences",
      id: "aud-beta",
      name: "Beta users",
      contextKind: "user",
      members: ["u-2", "u-3"],
    },
  ];
}

/** The two orders that every SDK tracks, whatever it sends twice. */
export function twoOrders({ name }: Client, moreKeys: object = {}): readonly object[] {
  const event = (user: string, metricValue: number, data: object) => ({
    kind: "custom",
    key: "Order Completed",
    contextKeys: { user, ...moreKeys },
    creationDate: expect.any(Number),
    metricValue,
    data,
    environmentId: name,
  });
  return [event("u-2", 12.5, { revenue: 12.5, plan: "beta" }), event("u-3", 7, { value: 7 })];
}

/** What the client was told of each request that had an order in it. */
export function answersToOrders(exchanges: readonly Exchange[]): readonly (number | undefined)[] {
  return exchanges.filter(({ body }) => body.includes("Order Completed")).map(({ status }) => status);
}
