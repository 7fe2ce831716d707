import type { ServerResponse } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { type ReceivedRequest, recordingServer } from "../../../test/support/recording-server.ts";
import { type TimeBudget, unlimited } from "../../delivery/time-budget.ts";
import { limitOf, noLimits } from "../../http/rate-limit.ts";
import { openHttpSession } from "../../http/session.ts";
import { startPace } from "./pace.ts";
import { annotationWriter } from "./request.ts";

const nowMs = 1_800_000_000_000;
const annotation = {
  marker: "[ld:5e38]",
  body: {
    content: "Ana turned on the flag\n[ld:5e38]",
    date_marker: "2020-02-04T00:48:39.650Z",
    scope: "project",
    creation_type: "GIT",
  },
} as const;

type Stored = { readonly id: number; readonly content: string; deleted: boolean };

/** PostHog's annotations as documented: a list that is searched by content, creation, and deletion by PATCH. */
function posthog(stored: Stored[] = []) {
  const answer = (response: ServerResponse, { line, body }: ReceivedRequest): void => {
    const json = (code: number, value: unknown) =>
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(value));
    const [method = "", target = ""] = line.split(" ");
    const { pathname, searchParams } = new URL(target, "http://localhost");
    if (method === "GET") {
      const search = searchParams.get("search") ?? "";
      json(200, { results: stored.filter((one) => !one.deleted && one.content.includes(search)) });
    } else if (method === "POST") {
      const { content } = z.object({ content: z.string() }).parse(JSON.parse(body));
      stored.push({ id: stored.length + 1, content, deleted: false });
      json(201, stored.at(-1));
    } else {
      const one = stored.find(({ id }) => pathname.endsWith(`/${id}/`));
      if (one) one.deleted = z.object({ deleted: z.boolean() }).parse(JSON.parse(body)).deleted;
      json(200, one ?? {});
    }
  };
  return { stored, answer };
}

async function writerTo(
  answer: (response: ServerResponse, request: ReceivedRequest, count: number) => void,
  { keys = ["phx_1"], budget = unlimited as TimeBudget, pace = startPace() } = {},
) {
  const { url, received } = await recordingServer(answer);
  const http = openHttpSession();
  onTestFinished(() => http.close());
  const writer = annotationWriter(
    { host: url, projectId: "42", timeoutMs: 300, version: "1.2.3" },
    {
      http,
      now: () => nowMs,
      personalKey: async (after) => keys[after === undefined ? 0 : keys.length - 1] ?? "none",
      limit: limitOf(noLimits(), { account: "annotations" }),
      pace,
      budget,
    },
  );
  return { writer, received };
}

describe("an annotation", () => {
  test("is searched by its marker, then written for the project", async () => {
    const { answer, stored } = posthog();
    const { writer, received } = await writerTo(answer);
    expect(await writer.write(annotation)).toEqual({
      kind: "settled",
      fate: { kind: "delivered", how: "applied" },
    });
    expect(received[0]?.line).toBe("GET /api/projects/42/annotations/?search=%5Bld%3A5e38%5D&limit=5");
    expect(received[1]).toMatchObject({
      line: "POST /api/projects/42/annotations/",
      headers: { authorization: "Bearer phx_1", "content-type": "application/json" },
    });
    expect(JSON.parse(received[1]?.body ?? "")).toEqual(annotation.body);
    expect(stored).toHaveLength(1);
  });

  test("that is there is not written again", async () => {
    const { answer, stored } = posthog();
    const { writer } = await writerTo(answer);
    await writer.write(annotation);
    expect(await writer.write(annotation)).toMatchObject({ fate: { kind: "delivered", how: "unchanged" } });
    expect(stored).toHaveLength(1);
  });

  test("that a person has deleted is not written again where PostHog still lists it", async () => {
    const listed = { results: [{ id: 7, content: annotation.body.content, deleted: true }] };
    const { writer, received } = await writerTo((response) => response.end(JSON.stringify(listed)));
    expect(await writer.write(annotation)).toMatchObject({ fate: { how: "unchanged" } });
    expect(received).toHaveLength(1);
  });

  test("is not taken for one of which the search finds something else", async () => {
    const { answer, stored } = posthog();
    const { writer } = await writerTo((response, request, count) => {
      // A search that goes by words of its own, and entries of other shapes.
      if (count > 1) return answer(response, request);
      response.end(
        JSON.stringify({ results: [{ id: 1, content: "[ld:5e38f]" }, { id: 2, content: null }, 3] }),
      );
    });
    expect(await writer.write(annotation)).toMatchObject({ fate: { how: "applied" } });
    expect(stored).toHaveLength(1);
  });

  test("that two forwarders write at the same time is there once in the end", async () => {
    const { answer, stored } = posthog();
    let searches = 0;
    const held: (() => void)[] = [];
    const { writer } = await writerTo((response, request) => {
      // Neither gets its answer before both have searched.
      if (!request.line.startsWith("GET") || searches >= 2) return answer(response, request);
      searches += 1;
      held.push(() => answer(response, request));
      if (searches === 2) for (const release of held) release();
    });
    await Promise.all([writer.write(annotation), writer.write(annotation)]);
    expect(stored.map(({ deleted }) => deleted)).toEqual([false, true]);
  });

  test("that is written stays so when looking for a second one fails", async () => {
    const { answer } = posthog();
    const { writer } = await writerTo((response, request, count) =>
      count > 2 ? response.writeHead(500).end() : answer(response, request),
    );
    expect(await writer.write(annotation)).toMatchObject({ kind: "settled", fate: { how: "applied" } });
  });
});

describe("PostHog's answer to an annotation", () => {
  test.each<[number, object]>([
    [400, { kind: "settled", fate: { kind: "dead", reason: "refused-by-posthog-annotations", status: 400 } }],
    [401, { kind: "stopped", fate: { reason: "posthog-annotations-401", delay: { kind: "configuration" } } }],
    [403, { kind: "stopped", fate: { reason: "posthog-annotations-403", delay: { kind: "configuration" } } }],
    [404, { kind: "stopped", fate: { delay: { kind: "configuration" } } }],
    [413, { kind: "stopped", fate: { delay: { kind: "configuration" } } }],
    [500, { kind: "stopped", fate: { reason: "posthog-annotations-500", delay: { kind: "backoff" } } }],
  ])("%i says what becomes of it", async (code, expected) => {
    const { writer } = await writerTo((response, { line }) =>
      line.startsWith("GET") ? response.end('{"results":[]}') : response.writeHead(code).end("no"),
    );
    expect(await writer.write(annotation)).toMatchObject(expected);
  });

  test("429 waits as long as it says, and nothing more is sent", async () => {
    const { writer, received } = await writerTo((response) =>
      response.writeHead(429, { "retry-after": "40" }).end(),
    );
    const limited = {
      kind: "stopped",
      fate: { reason: "rate-limited", delay: { kind: "backoff", notBeforeMs: nowMs + 40_000 } },
    };
    expect(await writer.write(annotation)).toMatchObject(limited);
    expect(await writer.write(annotation)).toMatchObject(limited);
    expect(received).toHaveLength(1);
  });

  test("401 to a key that has been rotated asks for another attempt", async () => {
    const { writer } = await writerTo((response) => response.writeHead(401).end(), {
      keys: ["phx_1", "phx_2"],
    });
    expect(await writer.write(annotation)).toMatchObject({ fate: { reason: "token-rotated" } });
  });

  test("that is no list is somebody else's: a login page", async () => {
    const { writer, received } = await writerTo((response) => response.end("<html>"));
    expect(await writer.write(annotation)).toMatchObject({
      kind: "stopped",
      fate: { reason: "posthog-annotations-unreadable", delay: { kind: "configuration" } },
    });
    expect(received).toHaveLength(1);
  });
});

describe("nothing is asked of PostHog", () => {
  test("when the time is up", async () => {
    const { writer, received } = await writerTo(posthog().answer, { budget: { allows: () => false } });
    expect(await writer.write(annotation)).toMatchObject({
      kind: "stopped",
      fate: { reason: "out-of-time" },
    });
    expect(received).toEqual([]);
  });

  test("when this process has asked as often as it may", async () => {
    const { writer, received } = await writerTo(posthog().answer, { pace: { start: () => nowMs + 5_000 } });
    expect(await writer.write(annotation)).toMatchObject({
      kind: "stopped",
      fate: { reason: "rate-limited", delay: { notBeforeMs: nowMs + 5_000 } },
    });
    expect(received).toEqual([]);
  });
});
