import { describe, expect, test } from "vitest";
import { connectionsFile, type SourceName } from "../connections/schema.ts";
import { SOURCE_TRAITS } from "../connections/source-traits.ts";
import { mparticle } from "./mparticle.ts";
import { rudderstack } from "./rudderstack.ts";
import type { Parsed, Source } from "./source.ts";

function parse(
  source: Source,
  name: SourceName,
  body: unknown,
  digest: (text: string) => string = (text) => text,
): Parsed {
  const segment = SOURCE_TRAITS[name].namesSegments ? {} : { segment: { id: "beta", name: "Beta" } };
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
    digest,
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

describe("mParticle's keys times audiences", () => {
  const change = (keys: number, keyLength: number, audiences: number) => ({
    type: "audience_membership_change_request",
    user_profiles: [
      {
        user_identities: Array.from({ length: keys }, (_, index) => ({
          type: "customer",
          value: String(index).padStart(keyLength, "k"),
        })),
        audiences: Array.from({ length: audiences }, (_, index) => ({
          audience_id: index + 1,
          action: "add",
        })),
      },
    ],
  });

  test("are refused when they would be more than a function can hold, before one is made", () => {
    let made = 0;
    const parsed = parse(mparticle, "mparticle", change(1_000, 2_000, 99), () => {
      made += 1;
      return "digest";
    });
    expect(parsed).toEqual({
      kind: "malformed",
      message:
        "user_profiles[0]: expected memberships of at most 32 MB up to here (each key is repeated for each audience): send fewer profiles or audiences a request, or shorter keys",
    });
    expect(made).toBe(0);
  });

  test("are refused by what their characters take in a message, not by their number", () => {
    const { user_profiles, ...rest } = change(400, 10, 60);
    for (const identity of user_profiles[0]?.user_identities ?? [])
      identity.value += "é".repeat(1_000 - identity.value.length);
    expect(parse(mparticle, "mparticle", { ...rest, user_profiles })).toMatchObject({ kind: "malformed" });
  });

  test("are taken up to their greatest number with keys as long as a UUID", () => {
    const parsed = parse(mparticle, "mparticle", change(1_000, 36, 100), () => "d".repeat(64));
    expect(parsed).toMatchObject({ kind: "understood", items: 100_000 });
    expect(parse(mparticle, "mparticle", change(1_001, 36, 100))).toMatchObject({ kind: "malformed" });
  });
});
