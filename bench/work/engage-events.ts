/** The audience of every event here. */
export const AUDIENCE = { id: "aud_2g5VilffxpBYqelWk4K0yBzAuFl", key: "first_time_shopper" } as const;
export const AT = "2026-11-26T11:59:00.000Z";

export function membersFrom(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user-${first + index}@example.com`);
}

/** What Engage makes of members who enter an audience, as @segment/analytics-node sends it: 680 bytes each. */
export function engageEvents(first: number, count: number) {
  return membersFrom(first, count).map((userId) => ({
    timestamp: AT,
    integrations: {},
    type: "identify",
    userId,
    traits: { email: userId, [AUDIENCE.key]: true },
    context: {
      personas: {
        computation_class: "audience",
        computation_id: AUDIENCE.id,
        computation_key: AUDIENCE.key,
        namespace: "spa_rHVbZsJXToWAwcmbgpfo36",
        space_id: "spa_rHVbZsJXToWAwcmbgpfo36",
      },
      library: { name: "@segment/analytics-node", version: "3.1.0" },
    },
    messageId: `node-next-1795239297241-e41ef078-dd8f-40a2-af30-${userId}`,
    _metadata: { nodeVersion: "v20.20.2", jsRuntime: "node" },
  }));
}

export function trackEvents(first: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    timestamp: AT,
    type: "track",
    event: "Order Completed",
    userId: `user-${first + index}`,
    anonymousId: `anonymous-${first + index}`,
    properties: { revenue: 12.5, currency: "EUR", products: 3 },
    messageId: `node-next-1795239297241-e41ef078-dd8f-40a2-af30-${String(first + index).padStart(12, "0")}`,
  }));
}
