import { packAudienceOperations } from "../../lib/messages/pack.ts";
import { AUDIENCE } from "./engage-events.ts";

/** Messages of `perMessage` adds each, with members from `first` on, as ingest queues what Engage sends. */
export function operationMessages(
  first: number,
  messages: number,
  perMessage: number,
  acceptedAt: number,
): string[] {
  return Array.from({ length: messages }, (_, message) =>
    packAudienceOperations({
      connection: "engage",
      acceptedAt,
      operations: Array.from({ length: perMessage }, (__, index) => {
        const key = `user-${first + message * perMessage + index}@example.com`;
        return {
          segment: { id: AUDIENCE.id, name: "First time shopper" },
          contextKind: "user",
          contextKey: key,
          action: "add" as const,
          version: [acceptedAt, acceptedAt, index, `node-next-1795239297241-e41ef078-dd8f-40a2-af30-${key}`],
        };
      }),
    }),
  ).flat();
}
