import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { listenOnLoopback } from "../../dev/listen.ts";

/** The doors of a local stack once more, at other ports, which note each call of AWS that goes through. */
export type RecordingGate = {
  /** In place of the stack's own. */
  readonly url: string;
  /** The IAM actions of the calls since the last time it was asked. */
  readonly take: () => readonly string[];
  readonly close: () => void;
};

/** What `GET /sandbox/functions` says of where the emulators are. */
type Described = { readonly stack: { readonly endpoints: Readonly<Record<string, string>> } };

export async function openRecordingGate(stackUrl: string): Promise<RecordingGate> {
  const servers: Server[] = [];
  let actions = new Set<string>();
  const open = async (listener: (incoming: IncomingMessage, answer: ServerResponse) => void) => {
    const server = createServer(listener);
    servers.push(server);
    return listenOnLoopback(server, 0);
  };
  const forwarding = (to: URL) => (incoming: IncomingMessage, answer: ServerResponse) => {
    const action = actionOf(incoming);
    if (action !== undefined) actions.add(action);
    const { method, headers, url } = incoming;
    const onward = request({ host: to.hostname, port: to.port, method, headers, path: url }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    incoming.pipe(onward);
  };
  const described: Described = JSON.parse(await (await fetch(`${stackUrl}/sandbox/functions`)).text());
  const endpoints = Object.fromEntries(
    await Promise.all(
      Object.entries(described.stack.endpoints).map(async ([name, endpoint]) => {
        const to = new URL(endpoint);
        const port = await open(forwarding(to));
        return [name, `http://127.0.0.1:${port}${to.pathname.replace(/\/$/, "")}`] as const;
      }),
    ),
  );
  const stack = new URL(stackUrl);
  const forward = forwarding(stack);
  const port = await open((incoming, answer) => {
    if (incoming.method !== "GET" || incoming.url !== "/sandbox/functions") return forward(incoming, answer);
    request({ host: stack.hostname, port: stack.port, path: incoming.url }, async (response) => {
      const body: Described = JSON.parse(await text(response));
      answer.end(JSON.stringify({ ...body, stack: { ...body.stack, endpoints } }));
    }).end();
  });
  return {
    url: `http://localhost:${port}`,
    take: () => {
      const taken = [...actions].sort();
      actions = new Set();
      return taken;
    },
    close: () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

const SERVICES: Readonly<Record<string, string>> = {
  AmazonSQS: "sqs",
  DynamoDB_20120810: "dynamodb",
  secretsmanager: "secretsmanager",
};

/** SQS has no rights of its own for batches. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html */
function actionOf({ headers, method, url = "" }: IncomingMessage): string | undefined {
  const [service = "", operation = ""] = String(headers["x-amz-target"] ?? "").split(".");
  const prefix = SERVICES[service];
  if (prefix !== undefined)
    return `${prefix}:${prefix === "sqs" ? operation.replace(/Batch$/, "") : operation}`;
  return LAMBDA.find(([pattern]) => pattern.test(`${method} ${url}`))?.[1];
}

const LAMBDA = [
  [/^POST .*\/functions\/[^/]+\/invocations/, "lambda:InvokeFunction"],
  [/^GET .*\/functions\/[^/]+\/concurrency/, "lambda:GetFunctionConcurrency"],
  [/^GET .*\/event-source-mappings\/?(\?|$)/, "lambda:ListEventSourceMappings"],
  [/^GET .*\/event-source-mappings\/./, "lambda:GetEventSourceMapping"],
  [/^PUT .*\/event-source-mappings\/./, "lambda:UpdateEventSourceMapping"],
] as const;
