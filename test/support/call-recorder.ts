import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";
import type { StackAddresses } from "../../dev/local-function.ts";

/** A call of a function's AWS client, by what IAM knows: `sqs:SendMessage`, and on what. */
export type RecordedCall = { readonly action: string; readonly on: string };

export type CallRecorder = {
  /** The addresses of a stack, for one of its functions: the same emulators, by way of this recorder. */
  readonly addressesFor: (functionName: string, stack: StackAddresses) => StackAddresses;
  readonly callsOf: (functionName: string) => readonly RecordedCall[];
  readonly stop: () => void;
};

/**
 * Stands between the functions of a local stack and its emulators, and writes down what their clients ask for: the
 * requests on the wire, whatever code sent them.
 */
export async function startCallRecorder(): Promise<CallRecorder> {
  const calls = new Map<string, RecordedCall[]>();
  const targets: Partial<Record<Service, string>> = {};
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const target = String(request.headers["x-amz-target"]);
    const { service, ...call } = callOf(target, JSON.parse(body.toString("utf8")));
    const functionName = (request.url ?? "").split("/")[1] ?? "";
    calls.set(functionName, [...(calls.get(functionName) ?? []), call]);
    const answer = await fetch(targets[service] ?? "", {
      method: "POST",
      headers: {
        "content-type": String(request.headers["content-type"]),
        "x-amz-target": target,
        "x-amz-date": String(request.headers["x-amz-date"]),
        authorization: String(request.headers.authorization),
      },
      body,
    });
    response.writeHead(answer.status, { "content-type": String(answer.headers.get("content-type")) });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${z.custom<AddressInfo>().parse(server.address()).port}`;
  return {
    addressesFor: (functionName, stack) => {
      Object.assign(targets, {
        sqs: stack.sqs,
        dynamodb: stack.dynamodb,
        secretsmanager: stack.secretsManager,
      });
      const endpoint = `${origin}/${functionName}`;
      return {
        ...stack,
        sqs: endpoint,
        dynamodb: endpoint,
        secretsManager: endpoint,
        // The client goes where the URL of the queue says, if that is not where its endpoint is.
        queueUrl: (name) => `${origin}${new URL(stack.queueUrl(name)).pathname}`,
      };
    },
    callsOf: (functionName) => calls.get(functionName) ?? [],
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Service = "sqs" | "dynamodb" | "secretsmanager";

const input = z.object({
  QueueUrl: z.string().optional(),
  TableName: z.string().optional(),
  RequestItems: z.record(z.string(), z.unknown()).optional(),
  SecretId: z.string().optional(),
});

/**
 * IAM's name of a call. Batches of SQS have none of their own.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
 */
function callOf(target: string, body: unknown): RecordedCall & { readonly service: Service } {
  const [prefix = "", operation = ""] = target.split(".");
  const { QueueUrl, TableName, RequestItems, SecretId } = input.parse(body);
  const service = prefix === "AmazonSQS" ? "sqs" : prefix === "secretsmanager" ? prefix : "dynamodb";
  const name = service === "sqs" ? operation.replace(/Batch$/, "") : operation;
  const on = QueueUrl ?? TableName ?? SecretId ?? Object.keys(RequestItems ?? {})[0] ?? "*";
  return { service, action: `${service}:${name}`, on };
}
