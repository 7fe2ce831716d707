import { createDynamoCalls } from "../../lib/aws/dynamodb.ts";
import { type Comparison, type Figure, figureOf, GateError, type Work } from "../scenario.ts";
import { startSink } from "../start-sink.ts";

const CALLS = 200;
const WRITES = 25;
const READS = 100;

/** The largest calls of the ledger, so that the cost of everything that is in memory elsewhere is known too. */
export const awsCalls: Comparison = {
  kind: "comparison",
  name: "aws-calls",
  about: "CPU of one call of AWS, signature and HTTP included, without TLS; the answer is empty",
  repetitions: 3,
  variants: {
    write: { prepare: () => callsOf((calls, number) => calls.batchWrite(itemsOf(number))) },
    read: { prepare: () => callsOf((calls, number) => calls.batchGet(addressesOf(number))) },
  },
  figures: ({ write, read }): Figure[] => {
    if (!write || !read) throw new RangeError("every variant is measured");
    return [
      figureOf(`BatchWriteItem of ${WRITES} entries`, "µs/call", write.cpuUs),
      figureOf(`BatchGetItem of ${READS} keys`, "µs/call", read.cpuUs),
    ];
  },
};

type Calls = ReturnType<typeof createDynamoCalls>;

async function callsOf(call: (calls: Calls, number: number) => Promise<{ kind: string }>): Promise<Work> {
  const sink = await startSink();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: sink.url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  });
  const calls = createDynamoCalls({ table: "ledger", timeoutMs: 3_000 });
  const round = async () => {
    for (let number = 0; number < CALLS; number += 1) {
      const { kind } = await call(calls, number);
      if (kind !== "answered") throw new GateError(`a call is ${kind}`);
    }
  };
  return {
    items: CALLS,
    warmUpRounds: 3,
    rounds: 10,
    gate: async () => {
      await round();
      const { requests } = await sink.take();
      if (requests !== CALLS) throw new GateError(`${requests} calls arrived, not ${CALLS}`);
    },
    round,
    stop: () => sink.stop(),
  };
}

function addressesOf(number: number) {
  return Array.from({ length: READS }, (_, index) => ({
    pk: `environment#synced/segment-audiences/aud_2g5VilffxpBYqelWk4K0yBzAuFl#user#${index % 16}`,
    sk: `user-${number}-${index}@example.com`,
  }));
}

function itemsOf(number: number) {
  return addressesOf(number)
    .slice(0, WRITES)
    .map(({ pk, sk }) => ({
      pk: { S: pk },
      sk: { S: sk },
      version: { S: `1795694400000,1795694400000,0,node-next-1795239297241-e41ef078-dd8f-40a2-af30-${sk}` },
      action: { S: "add" },
      n: { N: "1" },
      at: { N: "1795694400000" },
    }));
}
