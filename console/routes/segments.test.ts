import { expect, test } from "vitest";
import { checkConnections } from "../../lib/connections/load.ts";
import { writerText } from "../../lib/launchdarkly/membership/places.ts";
import { placesOfSegment } from "../../operator/membership/places.ts";
import { membersOf } from "./segments.ts";

const checked = checkConnections({
  launchdarkly: { production: { clientSideId: "one", secret: "launchdarkly" } },
  connections: { shop: { source: "flagbridge", secret: "shop", audiences: { to: ["production"] } } },
});
if (!checked.ok) throw new Error(checked.problems.join("\n"));
const { connections } = checked;
const [place] = placesOfSegment(connections, { segmentId: "vip" });
if (!place) throw new Error("the connection writes to a segment of every id");
const asked = { environment: place.environment, writer: writerText(place), id: "vip", kind: "user" };

test("of 100,000 members the first 200 are read, and no more", async () => {
  let read = 0;
  const members = async function* () {
    for (let at = 0; at < 100_000; at += 1) {
      read += 1;
      yield {
        key: `member-${at}`,
        entry: { action: at % 2 === 0 ? "add" : "remove", at, n: 1, version: [at, at, 0, `m-${at}`] },
      } as const;
    }
  };
  const list = await membersOf({ connections, calls: { ledger: { members } } }, asked);
  expect(list.members).toHaveLength(200);
  expect(list.members[1]).toEqual({ key: "member-2", at: "1970-01-01T00:00:00.002Z" });
  expect(list.hasMore).toBe(true);
  expect(read).toBe(401);
});

test("a segment that no connection writes to any more is said in words", async () => {
  const members = async function* () {};
  await expect(
    membersOf({ connections, calls: { ledger: { members } } }, { ...asked, environment: "gone" }),
  ).rejects.toThrow("connections.yml has no connection any more");
});
