import { afterEach, expect, test } from "vitest";
import {
  type Answers,
  type AskedServer,
  askedServer,
  ENVIRONMENT,
  PLACE,
} from "../../test/support/doctor-environment.ts";
import type { ReceivedRequest } from "../../test/support/scripted-server.ts";
import { writeCheck } from "./write.ts";
import type { WayOfWriting } from "./written-segments.ts";

let server: AskedServer | undefined;
afterEach(() => server?.close());

const WAY: WayOfWriting = {
  ...{ environment: "production", contextKind: "user", connection: "own" },
  ...{ writer: "synced", integration: "segment-audiences" },
};
const WRITE = "POST /api/v2/segment-targets/segment-audiences";
const EVALUATE = "POST /api/v2/projects/default/environments/production/segments/evaluate";
const DELETE = "DELETE /api/v2/segments/default/production/the-key";
const NAME = "Flagbridge doctor: synced, segment-audiences, user";

/** LaunchDarkly with one segment: `show` says what it shows of whether the context is in it, `asked` how often it was asked. */
function launchdarkly(
  show: (isMember: boolean, asked: number) => boolean,
  answers: Answers = {},
  before: "member" | "absent" = "absent",
): Answers {
  let isMember = before === "member";
  let asked = 0;
  return {
    [PLACE]: ENVIRONMENT,
    ...answers,
    [WRITE]: ({ body }: ReceivedRequest) => {
      isMember = JSON.stringify(body).includes('"value":true');
      return { status: 204 };
    },
    [EVALUATE]: () => {
      asked += 1;
      const item = {
        key: "the-key",
        name: NAME,
        external: "segment-audiences",
        isMember: show(isMember, asked),
      };
      return { items: [{ ...item, name: "Another" }, item] };
    },
  };
}

async function run(answers: Answers) {
  server = await askedServer(answers);
  const lines = await writeCheck(server.environment, WAY, server.ports).run();
  const writes = server.received
    .filter(({ line }) => line === WRITE)
    .map(({ body }) => (JSON.stringify(body).includes('"value":true') ? "add" : "remove"));
  return { lines, writes, statuses: lines.map(({ id, status }) => `${id} ${status}`) };
}

const deleted = { [DELETE]: { status: 204 } };

test("what is added, seen, removed, gone and deleted is ok", async () => {
  const { statuses, writes } = await run(launchdarkly((is) => is, deleted));
  expect(statuses).toEqual(["segments.add ok", "segments.remove ok", "segments.clean-up ok"]);
  expect(writes).toEqual(["add", "remove"]);
});

test("what an interrupted run has left is removed first", async () => {
  const { statuses, writes } = await run(launchdarkly((is) => is, deleted, "member"));
  expect(writes).toEqual(["remove", "add", "remove"]);
  expect(statuses[0]).toBe("segments.add ok");
});

test("a change that LaunchDarkly shows some seconds later is waited for", async () => {
  const { statuses } = await run(launchdarkly((is, asked) => is && asked > 3, deleted));
  expect(statuses).toEqual(["segments.add ok", "segments.remove ok", "segments.clean-up ok"]);
});

test("a removal that does not remove has failed", async () => {
  const { lines, statuses } = await run(launchdarkly((_, asked) => asked > 1, deleted));
  expect(statuses).toEqual(["segments.add ok", "segments.remove failed", "segments.clean-up ok"]);
  expect(lines[1]?.fix).toContain("audiences.integration");
});

test("an add that never shows has failed", async () => {
  const { statuses } = await run(launchdarkly(() => false, deleted));
  expect(statuses).toEqual(["segments.add failed", "segments.remove skipped", "segments.clean-up ok"]);
});

test("a segment that may not be deleted is named, with where it is", async () => {
  const { lines } = await run(launchdarkly((is) => is, { [DELETE]: { status: 403 } }));
  expect(lines[2]).toMatchObject({ id: "segments.clean-up", status: "warning" });
  expect(lines[2]?.fix).toContain(`"${NAME}" of default/production`);
});

test.each<[string, Answers, string, RegExp]>([
  ["a token that may not write", { [WRITE]: { status: 403 } }, "failed", /launchdarkly-403/],
  [
    "an approval that is required",
    { [WRITE]: { status: 403, body: '{"message":"approval is required"}' } },
    "failed",
    /approval-required/,
  ],
  [
    "an integration that this instance does not know",
    { [WRITE]: { status: 404 } },
    "failed",
    /launchdarkly-404/,
  ],
  ["an environment that was not found", { [PLACE]: { status: 404 } }, "skipped", /nothing was written/],
  [
    "a client-side ID of another environment",
    { [PLACE]: { ...ENVIRONMENT, _id: "other" } },
    "skipped",
    /nothing was written/,
  ],
])("%s ends it before anything is left", async (_name, answers, status, found) => {
  const { lines } = await run({
    ...answers,
    ...without(
      launchdarkly((is) => is, deleted),
      answers,
    ),
  });
  expect(lines).toMatchObject([{ id: "segments.add", status }]);
  expect(lines[0]?.found).toMatch(found);
});

function without(answers: Answers, others: Answers): Answers {
  return Object.fromEntries(Object.entries(answers).filter(([start]) => !(start in others)));
}
