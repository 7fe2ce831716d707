import { describe, expect, test } from "vitest";
import { connectionsFile } from "../../lib/connections/schema.ts";
import type { QueuedRecord } from "../../lib/delivery/copied-record.ts";
import { noEvidence } from "../../lib/delivery/isolate.ts";
import type { EventSender, WrittenEvent } from "../../lib/delivery/lane.ts";
import { splitBudget } from "../../lib/delivery/split-budget.ts";
import { unlimited } from "../../lib/delivery/time-budget.ts";
import { type FlagQueueMessage, flagAnnotationsMessage } from "../../lib/messages/flag-changes.ts";
import type { AnnotationOutcome } from "../../lib/posthog/annotations/request.ts";
import { queuedRecord } from "../../test/support/queued-record.ts";
import type { ProjectRoute } from "./destinations.ts";
import { type ForwardPorts, forward } from "./forward.ts";

const nowMs = 1_800_000_000_000;
const connections = connectionsFile.parse({
  posthog: {
    main: { host: "https://us.i.posthog.com", projectId: "1", secret: "main" },
    other: { host: "https://eu.i.posthog.com", projectId: "2", secret: "other" },
  },
  connections: {
    one: { source: "launchdarkly", secret: "one", posthog: { to: ["main"] } },
    two: { source: "launchdarkly", secret: "two", posthog: { to: ["main"] } },
    both: { source: "launchdarkly", secret: "both", posthog: { to: ["main", "other"] } },
    charts: { source: "launchdarkly", secret: "charts", posthog: { to: ["main"], annotations: true } },
    split: { source: "launchdarkly", secret: "split", posthog: { to: ["main"], perEnvironment: true } },
    nothing: { source: "launchdarkly", secret: "nothing" },
  },
});

const access = (environment: string) => ({
  action: "updateOn",
  resource: `proj/web:env/${environment}:flag/demo`,
});

function record(ids: readonly string[], rest: Partial<FlagQueueMessage> = {}): QueuedRecord {
  const changes = ids.map((id, index) => ({
    ...{ id, entryId: id, accountId: "", at: nowMs, index, kind: "flag", name: "Demo", title: id },
    ...{ titleVerb: "", description: "", comment: "", tags: [], site: "" },
    accesses: [access("test"), access("production")],
  }));
  return queuedRecord(
    JSON.stringify({ v: 1, kind: "flag.change", connection: "one", acceptedAt: nowMs, changes, ...rest }),
    { sentAtMs: nowMs },
  );
}

type Outcome = Awaited<ReturnType<EventSender["send"]>>;
const failed: Outcome = { fate: { kind: "retry", reason: "posthog-500", delay: { kind: "backoff" } } };

/** Forwards to a project that answers as it is told, and remembers what it was sent. */
async function forwarded(
  records: readonly QueuedRecord[],
  told: {
    /** `main` by default. */
    readonly project?: string;
    readonly answer?: (events: readonly WrittenEvent[]) => Outcome;
    readonly annotate?: (marker: string) => AnnotationOutcome;
    readonly ports?: Partial<ForwardPorts>;
  } = {},
) {
  const sent: { readonly to: string; readonly titles: readonly string[] }[] = [];
  const written: string[] = [];
  const queued: string[] = [];
  const { project = "main" } = told;
  const route: ProjectRoute = {
    senderOf: (era) => ({
      evidence: noEvidence(),
      send: async (events) => {
        sent.push({
          to: `${project} ${era}`,
          titles: events.map(({ json }) => JSON.parse(json).properties.title),
        });
        return told.answer?.(events) ?? "delivered";
      },
    }),
    annotator: () => ({
      write: async ({ marker }) => {
        written.push(`${project} ${marker}`);
        return told.annotate?.(marker) ?? { kind: "settled", fate: { kind: "delivered", how: "applied" } };
      },
    }),
  };
  const outcomes = await forward(records, {
    connections,
    to: {
      destination: project,
      route: Object.hasOwn(connections.posthog, project) ? route : undefined,
    },
    queueAnnotations: async (_connection, bodies) => {
      queued.push(...bodies);
      return bodies.map(() => true);
    },
    budget: unlimited,
    deliveryMs: 10_000,
    now: () => nowMs,
    random: () => 0,
    splits: splitBudget(() => nowMs),
    version: "1.2.3",
    ...told.ports,
  });
  return {
    sent,
    written,
    queued,
    outcomes,
    fates: outcomes.map(({ fates }) => fates.map(({ kind }) => kind)),
  };
}

describe("a batch of flag changes", () => {
  test("goes out together, over messages and connections of one project", async () => {
    const { sent, fates } = await forwarded([record(["a"]), record(["b"], { connection: "two" })]);
    expect(sent).toEqual([{ to: "main current", titles: ["a", "b"] }]);
    expect(fates).toEqual([["delivered"], ["delivered"]]);
  });

  test("of 1,000 messages with one change each is two requests", async () => {
    const { sent } = await forwarded(
      Array.from({ length: 1_000 }, (_, index) => record([`change-${index}`])),
    );
    expect(sent.map(({ titles }) => titles.length)).toEqual([500, 500]);
  });

  test("sends a change that was delivered several times once, and all of its messages are done", async () => {
    const { sent, fates } = await forwarded([record(["a"]), record(["a", "b"]), record(["a"])]);
    expect(sent).toEqual([{ to: "main current", titles: ["a", "b"] }]);
    expect(fates.flat()).toEqual(Array(4).fill("delivered"));
  });

  test("keeps a backfill in requests of its own", async () => {
    const { sent } = await forwarded([record(["a"]), record(["b"], { isHistorical: true }), record(["c"])]);
    expect(sent).toEqual([
      { to: "main current", titles: ["a", "c"] },
      { to: "main historical", titles: ["b"] },
    ]);
  });

  test.each(["main", "other"])("goes to the project that its queue is for, %s", async (project) => {
    const { sent, fates } = await forwarded([record(["a"], { connection: "both" })], { project });
    expect(sent.map(({ to }) => to)).toEqual([`${project} current`]);
    expect(fates).toEqual([["delivered"]]);
  });

  test("still goes to a project that its connection has left meanwhile: it was accepted for it", async () => {
    const { sent, fates } = await forwarded([record(["a"])], { project: "other" });
    expect(sent.map(({ to }) => to)).toEqual(["other current"]);
    expect(fates).toEqual([["delivered"]]);
  });

  test("is dead where its project is gone, and says what to do", async () => {
    const { outcomes, sent } = await forwarded([record(["a"])], { project: "gone" });
    expect(sent).toEqual([]);
    expect(outcomes[0]?.fates).toMatchObject([
      { kind: "dead", reason: "unknown-destination", cause: expect.stringContaining('"gone"') },
    ]);
  });

  test("is done when the event of every environment is", async () => {
    const { sent, fates } = await forwarded([record(["a"], { connection: "split" })], {
      answer: (events) =>
        events.some(({ json }) => json.includes('"environment":"test"'))
          ? { kind: "refused", status: 400, reason: "refused-by-posthog", cause: "no" }
          : "delivered",
    });
    expect(sent[0]?.titles).toEqual(["a", "a"]);
    expect(fates).toEqual([["dead"]]);
  });
});

describe("what cannot be delivered", () => {
  test.each(["gone", "constructor", "nothing"])(
    "because connection %s has no PostHog waits for whoever took it away",
    async (connection) => {
      const { outcomes } = await forwarded([record(["a"], { connection })]);
      expect(outcomes[0]?.fates).toMatchObject([{ kind: "retry", reason: "unknown-connection" }]);
    },
  );

  test("for want of time comes again soon", async () => {
    const { sent, outcomes } = await forwarded([record(["a"])], {
      ports: { budget: { allows: () => false } },
    });
    expect(sent).toEqual([]);
    expect(outcomes[0]?.fates).toMatchObject([{ kind: "retry", reason: "out-of-time" }]);
  });

  test("because half of a surrogate pair is in its id is dead alone: it would become another change's", async () => {
    for (const kind of ["flag.change", "flag.annotation"] as const) {
      const { outcomes, sent, written } = await forwarded([
        record(["a", "\ud800", "b"], { connection: "charts", kind }),
        record(["c"], { connection: "charts", kind }),
      ]);
      expect(outcomes.map(({ fates }) => fates)).toMatchObject([
        [{ kind: "delivered" }, { kind: "dead", reason: "invalid-message" }, { kind: "delivered" }],
        [{ kind: "delivered" }],
      ]);
      if (kind === "flag.change") expect(sent).toEqual([{ to: "main current", titles: ["a", "b", "c"] }]);
      else expect(written).toEqual(["main [ld:a]", "main [ld:b]", "main [ld:c]"]);
    }
  });

  test("because an error of ours stops it comes again, and the others do not", async () => {
    const noted: string[] = [];
    const noteFault = (step: string): void => void noted.push(step);
    const annotated = record(["a", "b"], { connection: "charts", kind: "flag.annotation" });
    const { fates } = await forwarded([annotated, record(["c"])], {
      annotate: (marker) => {
        if (marker === "[ld:a]") throw new Error("of ours");
        return { kind: "settled", fate: { kind: "delivered", how: "applied" } };
      },
      ports: { noteFault },
    });
    expect(fates).toEqual([["retry", "delivered"], ["delivered"]]);
    const thrown = await forwarded([record(["a"]), record(["b"], { isHistorical: true })], {
      answer: (events) => {
        if (events.some(({ json }) => json.includes('"title":"a"'))) throw new Error("of ours");
        return "delivered";
      },
      ports: { noteFault },
    });
    expect(thrown.outcomes.map(({ fates: [fate] }) => fate)).toMatchObject([
      { kind: "retry", reason: "internal-error" },
      { kind: "delivered" },
    ]);
    expect(noted).toEqual(["annotation.write", "request.deliver"]);
  });

  test("because it is no message of this queue is dead as it is", async () => {
    const { outcomes, fates } = await forwarded([
      queuedRecord('{"kind":"metric.events"}', { sentAtMs: nowMs }),
      record(["a"]),
    ]);
    expect(outcomes[0]?.fates).toMatchObject([{ kind: "dead", reason: "invalid-message" }]);
    expect(fates[1]).toEqual(["delivered"]);
  });
});

describe("a change that is to be annotated", () => {
  const charts = { connection: "charts" } as const;

  test("is queued for it once its event was delivered, in a message that asks for nothing else", async () => {
    const { queued, written, fates } = await forwarded([
      record(["a", "b"], charts),
      record(["a"], { ...charts, acceptedAt: nowMs - 5 }),
    ]);
    expect(fates.flat()).toEqual(Array(3).fill("delivered"));
    expect(written).toEqual([]);
    const messages = queued.map((body) => flagAnnotationsMessage.parse(JSON.parse(body)));
    expect(messages).toMatchObject([
      { connection: "charts", acceptedAt: nowMs - 5, changes: [{ id: "a" }, { id: "b" }] },
    ]);
  });

  test("waits for its event", async () => {
    const { queued, fates } = await forwarded([record(["a"], charts)], { answer: () => failed });
    expect(queued).toEqual([]);
    expect(fates).toEqual([["retry"]]);
  });

  test("is tried again, event and all, only when the queue did not take it", async () => {
    const { outcomes } = await forwarded([record(["a"], charts), record(["b"])], {
      ports: { queueAnnotations: async (_connection, bodies) => bodies.map(() => false) },
    });
    expect(outcomes.map(({ fates }) => fates)).toMatchObject([
      [{ kind: "retry", reason: "annotation-not-queued" }],
      [{ kind: "delivered" }],
    ]);
  });

  test("that no message could ask for is dead once its event is delivered, and the others are asked for", async () => {
    const large = record(["large"], charts);
    const body = large.body.replace('"comment":""', `"comment":"${"é".repeat(30_000)}"`);
    const { queued, outcomes } = await forwarded([record(["a"], charts), { ...large, body }]);
    expect(outcomes.map(({ fates: [fate] }) => fate)).toMatchObject([
      { kind: "delivered" },
      { kind: "dead", reason: "invalid-message" },
    ]);
    expect(queued.map((one) => JSON.parse(one).changes.map(({ id }: { id: string }) => id))).toEqual([["a"]]);
  });

  test("is annotated by that message, each once, and no event is sent again", async () => {
    const { sent, written, queued, fates } = await forwarded([
      record(["a", "b"], { ...charts, kind: "flag.annotation" }),
      record(["a"], { ...charts, kind: "flag.annotation" }),
    ]);
    expect(sent).toEqual([]);
    expect(queued).toEqual([]);
    expect(written).toEqual(["main [ld:a]", "main [ld:b]"]);
    expect(fates.flat()).toEqual(Array(3).fill("delivered"));
  });

  test("leaves events alone when its annotation fails, and keeps the next ones for later", async () => {
    const { sent, written, outcomes } = await forwarded(
      [record(["a", "b"], { ...charts, kind: "flag.annotation" }), record(["c"])],
      { annotate: () => ({ kind: "stopped", ...Object(failed) }) },
    );
    expect(sent).toEqual([{ to: "main current", titles: ["c"] }]);
    expect(written).toEqual(["main [ld:a]"]);
    expect(outcomes.map(({ fates }) => fates.map(({ kind }) => kind))).toEqual([
      ["retry", "retry"],
      ["delivered"],
    ]);
  });

  test("whose annotation PostHog refuses is dead alone, as the message that asked for it", async () => {
    const dead = { kind: "dead", reason: "refused-by-posthog-annotations", cause: "too long" } as const;
    const { outcomes } = await forwarded([record(["a", "b"], { ...charts, kind: "flag.annotation" })], {
      annotate: (marker) =>
        marker === "[ld:a]"
          ? { kind: "settled", fate: dead }
          : { kind: "settled", fate: { kind: "delivered", how: "applied" } },
    });
    expect(outcomes[0]?.fates.map(({ kind }) => kind)).toEqual(["dead", "delivered"]);
    expect(JSON.parse(outcomes[0]?.bodyOf([0]) ?? "")).toMatchObject({
      kind: "flag.annotation",
      changes: [{ id: "a" }],
    });
  });

  test("is not annotated when the option was taken away meanwhile", async () => {
    const { written, outcomes } = await forwarded([record(["a"], { kind: "flag.annotation" })]);
    expect(written).toEqual([]);
    expect(outcomes[0]?.fates).toEqual([{ kind: "dropped", reason: "annotations-off" }]);
  });
});
