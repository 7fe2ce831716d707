import { describe, expect, test } from "vitest";
import { REMEMBERED_MS, type Replays, type RequestKey, TAKEN_MS, type TakenRequest } from "./replays.ts";

const nowMs = 1_800_000_000_000;

/** What every memory of requests must do. Each test uses a request of its own, so one memory serves them all. */
export function replaysContract(adapter: string, makeReplays: () => Promise<Replays>): void {
  describe(`the memory of requests on ${adapter}`, () => {
    let made: Promise<Replays> | undefined;
    const replays = (): Promise<Replays> => {
      made ??= makeReplays();
      return made;
    };
    let counter = 0;
    const anyRequest = (): RequestKey => {
      counter += 1;
      return { connection: "own", digest: String(counter).padStart(64, "0") };
    };
    const take = async (request: RequestKey, atMs: number): Promise<TakenRequest> => {
      const answer = await (await replays()).take(request, atMs);
      if (answer.kind !== "taken") throw new Error(`the request was ${answer.kind}`);
      return answer.taken;
    };

    test("a new request is taken, and once only while it is in flight", async () => {
      const [port, request] = [await replays(), anyRequest()];
      await take(request, nowMs);
      const inFlight = { kind: "in-flight", untilMs: nowMs + TAKEN_MS };
      expect(await port.take(request, nowMs)).toEqual(inFlight);
      expect(await port.take(request, nowMs + TAKEN_MS - 1)).toEqual(inFlight);
    });

    test("of many that take a request at once exactly one has it", async () => {
      const [port, request] = [await replays(), anyRequest()];
      for (const atMs of [nowMs, nowMs + TAKEN_MS]) {
        const answers = await Promise.all(Array.from({ length: 8 }, () => port.take(request, atMs)));
        expect(answers.filter(({ kind }) => kind === "taken")).toHaveLength(1);
        expect(answers.filter(({ kind }) => kind === "in-flight")).toHaveLength(7);
      }
    });

    test("a request whose invocation died is taken again when it cannot be running any more", async () => {
      const request = anyRequest();
      await take(request, nowMs);
      await take(request, nowMs + TAKEN_MS);
    });

    test("a released request is taken again at once", async () => {
      const [port, request] = [await replays(), anyRequest()];
      expect(await port.release(await take(request, nowMs))).toEqual({ kind: "remembered" });
      await take(request, nowMs + 1);
    });

    test("a finished request is done for 8 days, and then as if it had never come", async () => {
      const [port, request] = [await replays(), anyRequest()];
      expect(await port.finish(await take(request, nowMs), nowMs + 5)).toEqual({ kind: "remembered" });
      for (const laterMs of [5, TAKEN_MS, REMEMBERED_MS + 4])
        expect(await port.take(request, nowMs + laterMs)).toEqual({ kind: "done" });
      const again = await take(request, nowMs + 5 + REMEMBERED_MS);
      expect((await port.take(request, nowMs + 6 + REMEMBERED_MS)).kind).toBe("in-flight");
      await port.finish(again, nowMs + 7 + REMEMBERED_MS);
      expect(await port.take(request, nowMs + 8 + REMEMBERED_MS)).toEqual({ kind: "done" });
    });

    test("who took too long changes nothing of what another has taken since", async () => {
      const [port, request] = [await replays(), anyRequest()];
      const slow = await take(request, nowMs);
      const next = await take(request, nowMs + TAKEN_MS);
      expect(await port.release(slow)).toEqual({ kind: "lost" });
      expect(await port.finish(slow, nowMs + TAKEN_MS + 1)).toEqual({ kind: "lost" });
      expect((await port.take(request, nowMs + TAKEN_MS + 2)).kind).toBe("in-flight");
      expect(await port.finish(next, nowMs + TAKEN_MS + 3)).toEqual({ kind: "remembered" });
    });

    test("who took too long, but is alone, still finishes", async () => {
      const [port, request] = [await replays(), anyRequest()];
      const slow = await take(request, nowMs);
      expect(await port.finish(slow, nowMs + 5 * TAKEN_MS)).toEqual({ kind: "remembered" });
      expect(await port.take(request, nowMs + 6 * TAKEN_MS)).toEqual({ kind: "done" });
    });

    test("the same digest of another connection is another request", async () => {
      const request = anyRequest();
      await take(request, nowMs);
      await take({ ...request, connection: "other" }, nowMs);
    });
  });
}
