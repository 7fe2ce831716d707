import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

/** Inside one execution environment: loads the bundle once, then answers one invocation at a time. */

export type WorkerStart = {
  readonly file: string;
  readonly functionName: string;
  readonly memoryMb: number;
};

export type Invocation = { readonly requestId: string; readonly event: string; readonly deadlineMs: number };

/** `event` and `result` are JSON text, as they are between Lambda and its runtime: nothing else gets through. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "result"; readonly result: string }
  | ({ readonly kind: "failed" | "not-loaded" } & FailureDetail);

export type FailureDetail = {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: string;
};

if (parentPort) serve(parentPort, workerData);

function serve(parent: NonNullable<typeof parentPort>, start: WorkerStart): void {
  const send = (message: WorkerMessage): void => parent.postMessage(message);
  const loaded = load(start.file);
  if (loaded.kind === "not-loaded") {
    send({ kind: "not-loaded", ...loaded.detail });
    return;
  }
  parent.on("message", async (invocation: Invocation) => {
    try {
      const result: unknown = await loaded.handler(
        JSON.parse(invocation.event),
        contextOf(start, invocation),
      );
      send({ kind: "result", result: JSON.stringify(result) ?? "null" });
    } catch (error) {
      send({ kind: "failed", ...detailOf(error) });
    }
  });
  send({ kind: "ready" });
}

type Handler = (event: unknown, context: unknown) => unknown;
type Loaded =
  | { readonly kind: "loaded"; readonly handler: Handler }
  | { readonly kind: "not-loaded"; readonly detail: FailureDetail };

function load(file: string): Loaded {
  try {
    const exported: { handler?: Handler } = createRequire(import.meta.url)(file);
    if (typeof exported.handler !== "function") throw new TypeError(`${file} exports no handler`);
    return { kind: "loaded", handler: exported.handler };
  } catch (error) {
    return { kind: "not-loaded", detail: detailOf(error) };
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf({ functionName, memoryMb }: WorkerStart, { requestId, deadlineMs }: Invocation): unknown {
  return {
    functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: String(memoryMb),
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: "local",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function detailOf(error: unknown): FailureDetail {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: "" };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack ?? "" };
}
