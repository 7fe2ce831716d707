import { describe, expect, test } from "vitest";
import { ruledAudience } from "./audience-rules.ts";
import { checkConnections } from "./load.ts";

const VIP = { id: "vip", name: "Very important" };

function ruled(rules: object, audience = VIP) {
  const checked = checkConnections({
    launchdarkly: {
      production: { clientSideId: "one", secret: "launchdarkly" },
      staging: { clientSideId: "two", secret: "launchdarkly" },
    },
    connections: {
      engage: {
        source: "segment",
        secret: "engage",
        audiences: { to: ["production", "staging"], contextKey: ["userId", "email"], ...rules },
      },
    },
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const { engage } = checked.connections.connections;
  if (!engage) throw new Error("the connection is not there");
  return ruledAudience(engage, audience);
}

describe("an audience", () => {
  test("is what its source says when the connection has no rules", () => {
    expect(ruled({})).toEqual({
      kind: "selected",
      segment: VIP,
      contextKind: "user",
      contextKeys: ["userId", "email"],
      to: undefined,
    });
  });

  test("that only does not list is left out", () => {
    expect(ruled({ only: ["beta"] })).toEqual({ kind: "left-out", by: "only" });
    expect(ruled({ only: ["beta", "vip"] })).toMatchObject({ kind: "selected" });
  });

  test("that except lists is left out", () => {
    expect(ruled({ except: ["vip"] })).toEqual({ kind: "left-out", by: "except" });
    expect(ruled({ except: ["beta"] })).toMatchObject({ kind: "selected" });
  });

  test.each([
    [
      { id: "gold", name: "Gold" },
      { id: "gold", name: "Gold" },
    ],
    [{ id: "gold" }, { id: "gold", name: "Very important" }],
    [{ name: "Gold" }, { id: "vip", name: "Gold" }],
  ])("that is renamed to %j fills the segment %j", (to, segment) => {
    expect(ruled({ rename: { vip: to } })).toMatchObject({ segment });
    expect(ruled({ rename: { other: to } })).toMatchObject({ segment: VIP });
  });

  test("has a kind, keys and environments of its own, under the id that its source sends", () => {
    const own = { contextKind: "account", contextKey: ["traits.account.id"], to: ["staging"] };
    expect(ruled({ rename: { vip: { id: "gold" } }, byAudience: { vip: own } })).toEqual({
      kind: "selected",
      segment: { id: "gold", name: "Very important" },
      contextKind: "account",
      contextKeys: ["traits.account.id"],
      to: ["staging"],
    });
  });

  test("named as a member that every object inherits has no rules", () => {
    const rules = { rename: { vip: { id: "gold" } }, byAudience: { vip: { contextKind: "account" } } };
    const inherited = { id: "constructor", name: "toString" };
    expect(ruled(rules, inherited)).toMatchObject({ segment: inherited, contextKind: "user", to: undefined });
  });
});
