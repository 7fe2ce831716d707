import { createHmac } from "node:crypto";
import { Analytics } from "@segment/analytics-node";
import { expect } from "vitest";

/** What LaunchDarkly and PostHog hold, as dev/README.md shows it. */
export type Segment = {
  readonly environmentId: string;
  readonly id: string;
  readonly members: readonly string[];
};
export type Events = {
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly received: number;
  readonly distinct: number;
};

/** The senders and what arrives of what they send, at one deployment's address. */
export function sandboxAt(url: string) {
  const json = async <Body>(path: string, init?: RequestInit): Promise<Body> => {
    const answer = await fetch(`${url}${path}`, init);
    const text = await answer.text();
    expect(answer.status, `${path}: ${text}`).toBe(200);
    // What the sandbox answers is in dev/README.md.
    return JSON.parse(text) as Body;
  };
  const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) => {
    const text = JSON.stringify(body);
    return json(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: text,
    });
  };
  const analytics = async (send: (analytics: Analytics) => void): Promise<void> => {
    const client = new Analytics({ writeKey: "dev-write-key", host: url });
    const failures: unknown[] = [];
    client.on("error", (error) => failures.push(error));
    send(client);
    await client.closeAndFlush();
    expect(failures).toEqual([]);
  };
  return {
    segments: async () =>
      (await json<{ readonly segments: readonly Segment[] }>("/sandbox/launchdarkly/segments")).segments,
    /** The requests for segments that LaunchDarkly has answered. */
    segmentRequests: async () =>
      (await json<{ readonly requests: number }>("/sandbox/launchdarkly/requests")).requests,
    metricEvents: () => json<Events>("/sandbox/launchdarkly/events"),
    posthogEvents: () => json<Events>("/sandbox/posthog/events"),
    faults: (faults: readonly object[]) => post("/sandbox/launchdarkly/faults", { faults }),
    withoutFaults: () => json("/sandbox/launchdarkly/faults", { method: "DELETE" }),
    faultsLeft: async () =>
      (await json<{ readonly faults: readonly object[] }>("/sandbox/launchdarkly/faults")).faults,
    toggle: (flag: string) =>
      json<{ readonly _id: string }>(`/sandbox/launchdarkly/flags/${flag}/toggle`, { method: "POST" }),
    /** Segment's own SDK: a member of an audience, or not any more. */
    identify: (userId: string, vip: boolean, atMs?: number) =>
      analytics((client) =>
        client.identify({
          userId,
          traits: { vip },
          context: {
            personas: { computation_class: "audience", computation_id: "aud_vip", computation_key: "vip" },
          },
          ...(atMs !== undefined && { timestamp: new Date(atMs) }),
        }),
      ),
    track: (userId: string, event: string, revenue: number) =>
      analytics((client) => client.track({ userId, event, properties: { revenue } })),
    /** A webhook of Segment, with its signature. */
    signedWebhook: (event: object) => {
      const body = JSON.stringify(event);
      const signature = createHmac("sha1", "dev-segment-secret").update(body).digest("hex");
      return json("/c/segment-engage", {
        method: "POST",
        body,
        headers: { "content-type": "application/json", "x-signature": signature },
      });
    },
    ownCode: (body: object) => post("/c/own-code", body, { authorization: "Bearer dev-token" }),
  };
}
