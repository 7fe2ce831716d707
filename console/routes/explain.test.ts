import { expect, test } from "vitest";
import { checkConnections } from "../../lib/connections/load.ts";
import { explainPasted } from "./explain.ts";

const checked = checkConnections({
  launchdarkly: { production: { clientSideId: "one", secret: "launchdarkly" } },
  connections: {
    shop: { source: "flagbridge", secret: "shop", audiences: { to: ["production"], except: ["internal"] } },
    engage: { source: "segment", secret: "engage", audiences: { to: ["production"] } },
  },
});
if (!checked.ok) throw new Error(checked.problems.join("\n"));
const { connections } = checked;
const explained = (event: unknown) => explainPasted(JSON.stringify(event), connections, 0).connections;

test("a pasted event says what each connection would make of it, rule by rule", () => {
  const audienceOperations = ["vip", "internal"].map((id) => ({
    ...{ segment: { id }, contextKey: "ana", action: "add" },
  }));
  const [shop, engage] = explained({ audienceOperations });
  expect(shop).toMatchObject({ connection: "shop", source: "flagbridge", isOfUse: true, more: 0 });
  expect(shop?.lines.join("\n")).toMatch(/audience internal .+is left out\n {2}except +lists it/);
  expect(shop?.lines.join("\n")).toMatch(/→ add user ana to the segment vip .+ in production/);
  expect(engage).toMatchObject({ connection: "engage", isOfUse: false });
});

test("an event of 1 MB, with keys of markup, is explained, and cut after 100 lines", () => {
  const audienceOperations = Array.from({ length: 10_000 }, (_, at) => ({
    ...{ segment: { id: "vip" }, contextKey: `<img src=x onerror=${at}> ${"k".repeat(20)}`, action: "add" },
  }));
  const [shop] = explained({ audienceOperations });
  expect(shop?.lines).toHaveLength(100);
  expect(shop?.more).toBeGreaterThan(9_900);
});

test.each(["", "{", "not json"])("what is no JSON is refused in words, and not quoted: %j", (text) => {
  expect(() => explainPasted(text, connections, 0)).toThrow(/^Expected JSON: the body of a request/);
});
