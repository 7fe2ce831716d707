import type { SQSRecord } from "aws-lambda";
import { memoryLedger } from "../../test/support/memory-ledger.ts";
import { bytesOf, EVENT_BYTES } from "../lambda-event.ts";
import { type Figure, GateError, type Whole } from "../scenario.ts";
import { startSink } from "../start-sink.ts";
import { audienceBatcher, connectionsTo, OPERATIONS_QUEUE, recordIn } from "../work/functions.ts";
import { operationMessages } from "../work/operations.ts";

const OPERATIONS = 1_000_000;
const PER_REQUEST = 500;
const LIMIT = 1_000;

export const launchdarklyRequests: Whole = {
  kind: "whole",
  name: "launchdarkly-requests",
  about: `requests to LaunchDarkly for ${OPERATIONS.toLocaleString("en-US")} operations on one segment that arrive ${PER_REQUEST} a request, each an add of another member, and for the same sync once more; what comes again is first in the next batch`,
  run: async () => {
    const sink = await startSink();
    try {
      const batch = audienceBatcher(connectionsTo(sink.url), memoryLedger());
      const sync = async (acceptedAt: number) => {
        let [invocations, received, messages] = [0, 0, 0];
        let open: readonly SQSRecord[] = [];
        let bytes = 0;
        const invoke = async () => {
          invocations += 1;
          received += open.length;
          open = await batch(open);
          bytes = open.reduce((sum, record) => sum + bytesOf(record), 0);
        };
        for (let first = 0; first < OPERATIONS; first += PER_REQUEST) {
          for (const body of operationMessages(first, 1, PER_REQUEST, acceptedAt)) {
            messages += 1;
            const record = recordIn(OPERATIONS_QUEUE)(body, messages);
            const size = bytesOf(record);
            if (bytes + size > EVENT_BYTES) await invoke();
            open = [...open, record];
            bytes += size;
          }
        }
        while (open.length > 0) await invoke();
        return { invocations, again: received - messages, requests: (await sink.take()).requests };
      };
      const startedMs = Date.now() - 60_000;
      const first = await sync(startedMs);
      const again = await sync(startedMs + 30_000);
      if (first.requests < OPERATIONS / 1_000)
        throw new GateError(`${first.requests} requests cannot hold all`);
      return [
        { label: "requests", value: first.requests, unit: "requests", atMost: LIMIT },
        { label: "invocations they are made in", value: first.invocations, unit: "" },
        { label: "messages that come twice to fill a request", value: first.again, unit: "" },
        { label: "requests when the sync is repeated", value: again.requests, unit: "requests", atMost: 0 },
      ] satisfies Figure[];
    } finally {
      await sink.stop();
    }
  },
};
