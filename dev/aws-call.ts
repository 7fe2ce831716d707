import * as z from "zod";
import { readJson } from "../lib/json.ts";

/** One call of an AWS JSON API, as its SDK would put it on the wire. */
export type AwsCall = {
  readonly endpoint: string;
  /** The `X-Amz-Target`: service and operation, for example `AmazonSQS.ReceiveMessage`. */
  readonly target: string;
  readonly input: unknown;
};

/** An emulator refused a call. `type` is the AWS error name, for example `ResourceInUseException`. */
export class AwsCallError extends Error {
  override readonly name = "AwsCallError";
  readonly type: string;

  constructor(target: string, type: string, message: string) {
    super(`${target}: ${type}: ${message}`);
    this.type = type;
  }
}

/**
 * Calls a local emulator. What the stack does in AWS's place (create a queue, poll it) needs four operations,
 * so it does without the SDK and its load time; the functions talk to the same endpoints with their own client.
 *
 * @throws {AwsCallError} on any answer but 200.
 */
export async function callAws({ endpoint, target, input }: AwsCall): Promise<unknown> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": target,
      "x-amz-date": "20200101T000000Z",
      // dynalite checks that there is a signature, and never what it is.
      authorization:
        "AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/local/aws4_request, SignedHeaders=host, Signature=local",
    },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (response.status === 200) return JSON.parse(text);
  const refusal = awsError.safeParse(readJson(text));
  const type = refusal.data?.__type.replace(/^.*#/, "") ?? `status ${response.status}`;
  throw new AwsCallError(target, type, refusal.data?.message ?? "no reason given");
}

const awsError = z.object({ __type: z.string(), message: z.string().optional() });
