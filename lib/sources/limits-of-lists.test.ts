import { expect, test } from "vitest";
import { connectionsFile } from "../connections/schema.ts";
import { mparticle } from "./mparticle.ts";
import { rudderstack } from "./rudderstack.ts";
import type { Parsed, Source } from "./source.ts";

function parse(source: Source, name: string, body: unknown): Parsed {
  const segment = source.namesSegments ? {} : { segment: { id: "beta", name: "Beta" } };
  const { cdp } = connectionsFile.parse({
    launchdarkly: { production: { clientSideId: "environment", secret: "launchdarkly" } },
    connections: { cdp: { source: name, secret: "cdp", audiences: { to: ["production"], ...segment } } },
  }).connections;
  if (!cdp) throw new Error("the connection is not there");
  return source.parse({
    body,
    bodyBytes: 0,
    connection: cdp,
    receivedAtMs: 0,
    route: "connection",
    digest: (text) => text,
  });
}

test("a list of more members than a function can hold is one rejection", () => {
  const add = Array(100_001).fill({});
  const parsed = parse(rudderstack, "rudderstack", {
    type: "audiencelist",
    properties: { listData: { add } },
  });
  expect(parsed).toMatchObject({
    kind: "understood",
    items: 1,
    operations: [],
    rejectedByCode: { invalid_item: 1 },
  });
});

test("more profiles than a function can hold are refused together", () => {
  const user_profiles = Array(100_001).fill(0);
  const parsed = parse(mparticle, "mparticle", { type: "audience_membership_change_request", user_profiles });
  expect(parsed).toMatchObject({ kind: "malformed" });
});
