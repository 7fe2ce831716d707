import { expect, test } from "vitest";
import { connectionsFile } from "../../lib/connections/schema.ts";
import { basic, ingestInMemory, usable } from "../../test/support/ingest-request.ts";

const connections = connectionsFile.parse({
  launchdarkly: { production: { clientSideId: "id", secret: "ld" } },
  connections: { engage: { source: "segment", secret: "both", erasures: true } },
});
const secrets = { both: usable({ writeKeys: ["write-key"], tokens: ["token"] }) };
const deletion = { type: "delete", userId: "ana" };

test("a token erases", async () => {
  const { call } = ingestInMemory({ connections, secrets });
  const headers = { authorization: "Bearer token" };
  const { json } = await call({ path: "/c/engage", headers, body: JSON.stringify(deletion) });
  expect(json).toMatchObject({ success: true, accepted: 1 });
});

test.each([
  ["in Authorization", basic("write-key"), deletion],
  ["in the body", {}, { ...deletion, writeKey: "write-key" }],
  ["in the body beside a token", { authorization: "Bearer token" }, { ...deletion, writeKey: "write-key" }],
])("a write key %s erases nobody, for it may be in a browser", async (_where, headers, body) => {
  const { call, queued } = ingestInMemory({ connections, secrets });
  const { json } = await call({ path: "/c/engage", headers, body: JSON.stringify(body) });
  expect(json).toMatchObject({ success: false, rejected: [{ code: "erasures_not_configured" }] });
  expect(queued).toEqual([]);
});
