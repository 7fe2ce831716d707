import { describe, expect, test } from "vitest";
import { connectionsFile } from "../../lib/connections/schema.ts";
import { settingsOf } from "./settings.ts";

const environment = (clientSideId: string) => ({ clientSideId, secret: "launchdarkly" });
const connections = connectionsFile.parse({
  launchdarkly: { production: environment("one"), staging: environment("two") },
  connections: {
    ruled: {
      source: "flagbridge",
      secret: "ruled",
      audiences: {
        to: ["production", "staging"],
        only: ["vip", "beta"],
        rename: { vip: { id: "very-important", name: "Very important" } },
        byAudience: { vip: { to: ["staging"], contextKind: "account" } },
      },
    },
  },
});

const settings = (segment: string, name?: string) =>
  settingsOf({ connection: "ruled", segment, name }, { connections, nowMs: Date.UTC(2026, 10, 29) });

describe("a backfill through a connection with rules for its audiences", () => {
  test.each(["vip", "very-important"])("goes where the audience goes, named as %s", (id) => {
    const { segment, queues, contextKind } = settings(id);
    expect(segment).toEqual({ id: "very-important", name: "Very important" });
    expect(queues.map(({ destination }) => destination)).toEqual(["staging"]);
    expect(contextKind).toBe("account");
  });

  test("goes everywhere with an audience that no rule is about", () => {
    const { segment, queues } = settings("beta", "Beta users");
    expect(segment).toEqual({ id: "beta", name: "Beta users" });
    expect(queues).toHaveLength(2);
  });

  test("is refused for an audience that is left out, with the rule's name", () => {
    expect(() => settings("other")).toThrow('"only" of connection "ruled" leaves "other" out');
  });
});
