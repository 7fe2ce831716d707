import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { listenOnLoopback } from "../dev/listen.ts";

/** What `sls` looks up before it packages anything, in this process: each run of `sls` takes seconds. */

const ParametersPlugin = createRequire(import.meta.url)("./parameters-plugin.cjs");

const BOUNDARY = "arn:aws:iam::123456789012:policy/platform/boundary";
const { params } = parse(readFileSync(join(import.meta.dirname, "../serverless.yml"), "utf8"));

let iam: Server;
let asked: URLSearchParams[] = [];
let answer = { status: 200, body: "" };
beforeEach(async () => {
  asked = [];
  iam = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.push(new URLSearchParams(Buffer.concat(chunks).toString()));
      response.writeHead(answer.status, { "content-type": "text/xml" }).end(answer.body);
    });
  });
  vi.stubEnv("AWS_ENDPOINT_URL_IAM", `http://127.0.0.1:${await listenOnLoopback(iam, 0)}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  iam.closeAllConnections();
  iam.close();
});

const refusalOf = (code: string, status: number) => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>as told</Message></Error></ErrorResponse>`,
});

/** Why the plugin stops `sls` before it packages, and what it says. */
async function look(custom: {
  readonly permissionsBoundaryArn?: string;
  readonly certificateArn?: string;
  readonly command?: string;
  readonly credentials?: () => Promise<never>;
}) {
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const { permissionsBoundaryArn, certificateArn, command = "deploy", credentials } = custom;
  const config = {
    region: "eu-west-1",
    credentials: credentials ?? { accessKeyId: "x", secretAccessKey: "x" },
  };
  const serverless = {
    configurationInput: { params },
    processedInput: { commands: [command], options: {} },
    classes: { Error },
    service: {
      custom: { alarmTopicArn: "topic", domain: { certificateArn }, platform: { permissionsBoundaryArn } },
    },
    getProvider: () => ({ getRegion: () => "eu-west-1", getAwsSdkV3Config: async () => config }),
  };
  const { hooks } = new ParametersPlugin(serverless, {}, { log: { notice: say, warning: say } });
  const stopped = await Promise.resolve()
    .then(() => hooks["before:package:createDeploymentArtifacts"]())
    .then(
      () => undefined,
      (error: unknown) => String(Object(error).message),
    );
  return { stopped, said: said.join("\n") };
}

test("a boundary that IAM has goes on without a word", async () => {
  answer = {
    status: 200,
    body: `<GetPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetPolicyResult><Policy><Arn>${BOUNDARY}</Arn></Policy></GetPolicyResult></GetPolicyResponse>`,
  };
  expect(await look({ permissionsBoundaryArn: BOUNDARY })).toEqual({ stopped: undefined, said: "" });
  expect(asked.map((form) => [form.get("Action"), form.get("PolicyArn")])).toEqual([["GetPolicy", BOUNDARY]]);
});

test("a boundary that IAM does not have stops before anything is packaged, with where boundaries are listed", async () => {
  answer = refusalOf("NoSuchEntity", 404);
  const { stopped } = await look({ permissionsBoundaryArn: BOUNDARY });
  expect(stopped).toContain(`permissionsBoundaryArn: IAM knows no policy ${BOUNDARY}`);
  expect(stopped).toContain("aws iam list-policies --scope Local");
});

test.each([
  ["without the right to ask", refusalOf("AccessDenied", 403), /AccessDenied: as told/],
  ["with credentials that AWS does not know", refusalOf("InvalidClientTokenId", 403), /InvalidClientTokenId/],
  ["of an IAM that fails", refusalOf("ServiceFailure", 500), /ServiceFailure/],
])(
  "a boundary that cannot be looked up, %s, goes on and is said to be unchecked",
  async (_why, given, reason) => {
    answer = given;
    const { stopped, said } = await look({ permissionsBoundaryArn: BOUNDARY });
    expect(stopped).toBeUndefined();
    expect(said).toMatch(reason);
    expect(said).toContain(`It takes iam:GetPolicy on ${BOUNDARY}.`);
    // Nobody waits for retries.
    expect(asked).toHaveLength(1);
  },
);

test("without credentials a boundary goes on and is said to be unchecked", async () => {
  const credentials = () => Promise.reject(new Error("no credentials"));
  const { stopped, said } = await look({ permissionsBoundaryArn: BOUNDARY, credentials });
  expect(stopped).toBeUndefined();
  expect(said).toContain("was not checked (Error: no credentials)");
});

test("without a boundary nobody is asked", async () => {
  expect(await look({})).toEqual({ stopped: undefined, said: "" });
  expect(asked).toEqual([]);
});

test("a certificate of another region stops a deploy, and a package is told", async () => {
  const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd";
  const { stopped } = await look({ certificateArn });
  expect(stopped).toContain("the certificate is in us-east-1, and the stage in eu-west-1");
  expect(stopped).toContain("aws acm request-certificate --region eu-west-1");
  const packaged = await look({ certificateArn, command: "package" });
  expect(packaged).toEqual({ stopped: undefined, said: stopped });
  expect(await look({ certificateArn: certificateArn.replace("us-east-1", "eu-west-1") })).toEqual({
    stopped: undefined,
    said: "",
  });
});
