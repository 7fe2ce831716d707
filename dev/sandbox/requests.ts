import type { Traffic } from "../traffic.ts";
import { refusal, type SandboxRoute } from "./route.ts";

const DEFAULT_LIMIT = 100;

/** The last requests to the bundle, and how much has gone through it: `after` a revision, those that are new or have changed. */
export function requestRoutes(traffic: Pick<Traffic, "since" | "request">): readonly SandboxRoute[] {
  return [
    {
      method: "GET",
      path: "/sandbox/requests",
      answer: ({ query }) => {
        const after = wholeNumber(query.get("after") ?? "0");
        const limit = wholeNumber(query.get("limit") ?? String(DEFAULT_LIMIT));
        if (after === undefined || limit === undefined)
          return refusal(400, "invalid_request", "after, limit: expected a whole number");
        return { kind: "json", status: 200, body: traffic.since(after, limit) };
      },
    },
    {
      method: "GET",
      path: "/sandbox/requests/{id}",
      answer: ({ parameters: { id = "" } }) => {
        const body = traffic.request(id);
        return body
          ? { kind: "json", status: 200, body }
          : refusal(404, "not_found", "none of the last requests has this id");
      },
    },
  ];
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
