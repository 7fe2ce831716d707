import { connectionNamed } from "../../lib/connections/find.ts";
import type { Connection, Connections } from "../../lib/connections/schema.ts";
import type { Source } from "../../lib/sources/source.ts";
import { SOURCES } from "../../lib/sources/sources.ts";
import type { ParsedBody } from "./read-body.ts";
import type { Outcome } from "./record.ts";
import { REFUSALS, type Refusal } from "./refusal.ts";
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
export function isForAnyone({ source }: Vendor, readBody: () => ParsedBody | Refusal): boolean {
  return source.answers?.isForAnyone?.(parsedOf(readBody())) ?? false;
}

/** The outcome with the body of the answer that the vendor expects, where it expects one. */
export function inVendorsWords(
  outcome: Outcome,
  vendor: Vendor | undefined,
  request: {
    readonly readBody: () => ParsedBody | Refusal;
    readonly receivedAtMs: number;
    readonly requestId: string;
  },
): Outcome {
  const answers = vendor?.source.answers;
  if (!answers || !vendor) return outcome;
  const { receivedAtMs, requestId } = request;
  const body = parsedOf(request.readBody());
  switch (outcome.kind) {
    case "taken": {
      const { connection } = vendor;
      return { ...outcome, vendorBody: answers.taken({ body, connection, receivedAtMs, requestId }) };
    }
    case "refused": {
      const { code, message } = outcome;
      const vendorBody = answers.refused?.({ body }, { status: REFUSALS[code], code, message, requestId });
      return vendorBody ? { ...outcome, vendorBody } : outcome;
    }
    default:
      return outcome;
  }
}

function parsedOf(body: ParsedBody | Refusal): unknown {
  return body.kind === "parsed" ? body.value : undefined;
}
