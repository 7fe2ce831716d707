import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { startFauxqs } from "fauxqs";
import { callAws } from "../../dev/aws-call.ts";
import { listenOnLoopback } from "../../dev/listen.ts";

/**
 * What a deployed stage is to `sls`: a CloudFormation that lists its resources in the wire shape of AWS (one a page, so that
 * whoever reads the first page alone is found out), a deployment bucket to read from, and a real SQS with its queues.
 */
export type DeployedStack = {
  /** Makes every client of AWS talk to it, whoever constructs the client. */
  readonly environment: Readonly<Record<string, string>>;
  /** Makes a queue of the stack, by logical ID, with so many messages. */
  readonly addQueue: (queue: { id: string; name: string; messages?: number }) => void;
  /** Makes SQS refuse to tell about this queue. */
  readonly denyQueue: (name: string) => void;
  /** Receives one message of a queue, which is in flight from then on. */
  readonly receive: (name: string) => Promise<void>;
  readonly deleteQueue: (name: string) => void;
  /** Makes an object of the deployment bucket: what a rollback reads. */
  readonly putObject: (key: string, text: string) => void;
  /** Makes CloudFormation answer ListStackResources with this error. */
  readonly failListing: (error: { code: string; message: string }) => void;
  /** Every call so far, as `CloudFormation.ListStackResources` or `S3.PUT`. */
  readonly calls: () => readonly string[];
  readonly stop: () => Promise<void>;
};

const BUCKET = "flagbridge-deployments";
const NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

export async function startDeployedStack(): Promise<DeployedStack> {
  const sqs = await startFauxqs({ port: 0, logger: false, host: "127.0.0.1" });
  const resources: Resource[] = [
    { id: "ServerlessDeploymentBucket", type: "AWS::S3::Bucket", physicalId: BUCKET },
  ];
  const objects = new Map<string, string>();
  const calls: string[] = [];
  let listingError: { code: string; message: string } | undefined;

  const cloudFormation = (form: URLSearchParams): Answer => {
    const action = form.get("Action") ?? "";
    calls.push(`CloudFormation.${action}`);
    if (action === "ListStackResources")
      return listingError ? errorOf(listingError) : listingOf(resources, Number(form.get("NextToken") ?? 0));
    if (action === "DescribeStackResource")
      return resultOf(
        action,
        `<StackResourceDetail><PhysicalResourceId>${BUCKET}</PhysicalResourceId></StackResourceDetail>`,
      );
    return errorOf({ code: "AccessDenied", message: `this stack does not answer ${action}` });
  };
  const s3 = (request: IncomingMessage): Answer => {
    calls.push(`S3.${request.method}`);
    const text = objects.get(decodeURIComponent(new URL(request.url ?? "", "http://s3").pathname));
    if (request.method === "GET" && text !== undefined) return { status: 200, body: text };
    return { status: 404, body: "<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>" };
  };
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await textOf(request));
    const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
    write(response, isForm && form.has("Action") ? cloudFormation(form) : s3(request));
  });
  const endpoint = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`;
  const denied = new Set<string>();
  const sqsDoor = createServer(async (request, response) => {
    const body = await textOf(request);
    write(
      response,
      [...denied].some((url) => body.includes(`"${url}"`)) ? DENIED : await forward(request, body),
    );
  });
  const forward = async ({ headers }: IncomingMessage, body: string): Promise<Answer> => {
    const { "x-amz-target": target = "", authorization = "", "x-amz-date": date = "" } = headers;
    const answer = await fetch(`http://127.0.0.1:${sqs.port}`, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": String(target),
        "x-amz-date": String(date),
        authorization,
      },
      body,
    });
    return { status: answer.status, body: await answer.text() };
  };
  const sqsEndpoint = `http://127.0.0.1:${await listenOnLoopback(sqsDoor, 0)}`;
  const urlOf = (name: string) => `http://127.0.0.1:${sqs.port}/000000000000/${name}`;

  return {
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ENDPOINT_URL_SQS: sqsEndpoint,
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "x",
    },
    addQueue: ({ id, name, messages = 0 }) => {
      sqs.createQueue(name);
      resources.push({ id, type: "AWS::SQS::Queue", physicalId: urlOf(name) });
      for (let number = 0; number < messages; number++) sqs.sendMessage(name, `message ${number}`);
    },
    denyQueue: (name) => void denied.add(urlOf(name)),
    receive: async (name) => {
      await callAws({
        endpoint: `http://127.0.0.1:${sqs.port}`,
        target: "AmazonSQS.ReceiveMessage",
        input: { QueueUrl: urlOf(name) },
      });
    },
    deleteQueue: (name) => sqs.deleteQueue(name),
    putObject: (key, text) => void objects.set(`/${BUCKET}/${key}`, text),
    failListing: (error) => {
      listingError = error;
    },
    calls: () => calls,
    stop: async () => {
      for (const one of [server, sqsDoor]) {
        one.closeAllConnections();
        await new Promise((closed) => one.close(closed));
      }
      await sqs.stop();
    },
  };
}

type Resource = { readonly id: string; readonly type: string; readonly physicalId: string };
type Answer = { readonly status: number; readonly body: string };

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html */
function listingOf(resources: readonly Resource[], at: number): Answer {
  const members = resources
    .slice(at, at + 1)
    .map(
      ({ id, type, physicalId }) =>
        `<member><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LogicalResourceId>${id}</LogicalResourceId>` +
        `<LastUpdatedTimestamp>2026-01-01T00:00:00.000Z</LastUpdatedTimestamp>` +
        `<PhysicalResourceId>${physicalId}</PhysicalResourceId><ResourceType>${type}</ResourceType></member>`,
    );
  const next = at + 1 < resources.length ? `<NextToken>${at + 1}</NextToken>` : "";
  return resultOf(
    "ListStackResources",
    `<StackResourceSummaries>${members.join("")}</StackResourceSummaries>${next}`,
  );
}

function resultOf(action: string, result: string): Answer {
  const metadata = "<ResponseMetadata><RequestId>R1</RequestId></ResponseMetadata>";
  return {
    status: 200,
    body: `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${result}</${action}Result>${metadata}</${action}Response>`,
  };
}

function errorOf({ code, message }: { readonly code: string; readonly message: string }): Answer {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return {
    status: 400,
    body: `<ErrorResponse xmlns="${NAMESPACE}">${error}<RequestId>R2</RequestId></ErrorResponse>`,
  };
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html */
const DENIED: Answer = {
  status: 403,
  body: JSON.stringify({
    __type: "com.amazonaws.sqs#AccessDenied",
    message: "User is not authorized to perform: sqs:getqueueattributes",
  }),
};

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function write(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, {
    "content-type": body.startsWith("<") ? "text/xml" : "application/x-amz-json-1.0",
  });
  response.end(body);
}
