import { connectionNamed } from "../../lib/connections/find.ts";
import type { Connection, Connections } from "../../lib/connections/schema.ts";
import type { Source } from "../../lib/sources/source.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import type { Outcome } from "./record.ts";
import { REFUSALS } from "./refusal.ts";
import type { EventsRoute } from "./route.ts";

/** Whose requests come to a path, known before the sender has proved anything. */
export type Vendor = { readonly name: string; readonly connection: Connection; readonly source: Source };

/** The vendor behind `/c/…`; the other paths name no connection. */
export function vendorOf(route: EventsRoute, connections: Connections): Vendor | undefined {
  if (route.kind !== "connection") return undefined;
  const { name } = route;
  const connection = connectionNamed(connections, name);
  return connection && { name, connection, source: SOURCES[connection.source] };
}

/** Whether a request is one that the vendor sends before it has a key: it is answered, and nothing of it taken. */
export async function isForAnyone({ source }: Vendor, peek: () => Promise<unknown>): Promise<boolean> {
  if (!source.answers?.isForAnyone) return false;
  return source.answers.isForAnyone(await peek());
}

/** The outcome with the body of the answer that the vendor expects, where it expects one. `peek`: as a {@link BodyReader} has it. */
export async function withVendorBody(
  outcome: Outcome,
  vendor: Vendor | undefined,
  request: {
    readonly peek: () => Promise<unknown>;
    readonly receivedAtMs: number;
    readonly requestId: string;
  },
): Promise<Outcome> {
  const answers = vendor?.source.answers;
  if (!answers || !vendor) return outcome;
  const { receivedAtMs, requestId } = request;
  switch (outcome.kind) {
    case "taken": {
      const { connection } = vendor;
      const body = await request.peek();
      return { ...outcome, vendorBody: answers.taken({ body, connection, receivedAtMs, requestId }) };
    }
    case "refused": {
      if (!answers.refused) return outcome;
      const { code, message } = outcome;
      const body = await request.peek();
      const refusal = { status: REFUSALS[code], code, message, requestId };
      return { ...outcome, vendorBody: answers.refused({ body }, refusal) };
    }
    default:
      return outcome;
  }
}
