import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { listenOnLoopback } from "../../dev/listen.ts";
import { checkConnections } from "../../lib/connections/load.ts";
import { standardWebhooks } from "../../lib/signatures/signature.ts";
import { ingestInMemory, usable } from "../support/ingest-request.ts";
import { wholeBody } from "../support/signed-body.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = join(import.meta.dirname, "../../docs/sources");
const pageOf = (name: string) => readFileSync(join(folder, name), "utf8");
const blocksOf = (page: string, language: string) =>
  [...page.matchAll(/^ *```(\w*)\n(.*?)^ *```$/gms)].flatMap(([, found, block = ""]) =>
    found === language ? [block] : [],
  );

const fileSchema = z.object({ connections: z.record(z.string(), z.record(z.string(), z.unknown())) });
const WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** The page's own connections, with the token that its requests show and a client-side ID for their placeholder. */
function ingestOf(page: string, secret: Parameters<typeof usable>[0], receivedAtMs?: number) {
  const [yaml = ""] = blocksOf(page, "yaml");
  const { connections } = fileSchema.parse(parse(yaml));
  const checked = checkConnections({
    launchdarkly: { production: { clientSideId: "client-side-id", secret: "launchdarkly" } },
    connections,
  });
  if (!checked.ok) throw new Error(checked.problems.join("\n"));
  const secrets = Object.fromEntries(
    Object.values(checked.connections.connections).map((connection) => [connection.secret, usable(secret)]),
  );
  return ingestInMemory({
    connections: checked.connections,
    secrets,
    ...(receivedAtMs !== undefined && { receivedAtMs }),
  });
}

/** What a template editor makes of a body with two records, as far as the pages use one. */
function rendered(template: string): string {
  const loop = /\{% for record in records %\}(.*?)\{% endfor %\}/gs;
  return template
    .replace(loop, (_, body: string) =>
      [body, body.replace(/\{% unless .*?%\}.*?\{% endunless %\}/s, "")].join(""),
    )
    .replaceAll(/\{% (unless .*?|endunless) %\}/g, "")
    .replaceAll(/\{\{.*?\}\}/g, "value")
    .replaceAll("<client-side ID>", "client-side-id");
}

function requestOf(block: string) {
  const [head = "", body = ""] = block.split("\n\n");
  const [, path = ""] = /^POST https:\/\/<your API>(\S+)$/m.exec(head) ?? [];
  const [, authorization = ""] = /^Authorization: (.*?)(?: {2,}#.*)?$/m.exec(head) ?? [];
  return { path, headers: { authorization }, body: rendered(body) };
}

const requests = globSync("*.md", { cwd: folder })
  .sort()
  .flatMap((name) =>
    blocksOf(pageOf(name), "")
      .filter((block) => /^POST https:\/\/<your API>\S+\nAuthorization: (Bearer )?<token>/.test(block))
      .map((block, index) => [name, index, block] as const),
  );

describe("a request that a page of docs/sources shows is taken as a whole:", () => {
  test.each(requests)("%s, request %d", async (name, _index, block) => {
    const { call, queued } = ingestOf(pageOf(name), { tokens: ["<token>"] });
    const { status, record } = await call(requestOf(block));
    expect({ status, rejected: record.rejected }).toEqual({
      status: expect.toBeOneOf([200, 204]),
      rejected: {},
    });
    expect(queued).toHaveLength(1);
  });

  test("every page that shows one is here", () => {
    const pages = new Set(requests.map(([name]) => name));
    for (const name of ["census.md", "flagbridge.md", "hightouch.md", "segment.md"])
      expect(pages).toContain(name);
  });
});

describe("docs/sources/flagbridge.md signs as Standard Webhooks does:", () => {
  const page = pageOf("flagbridge.md");

  test("with Node, as it stands there", async () => {
    const { call, operations } = ingestOf(page, { signingSecrets: [WHSEC] }, Date.now());
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", async () => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        const { status, text } = await call({ method: "POST", path: request.url ?? "", headers, body });
        response.writeHead(status).end(text);
      });
    });
    const port = await listenOnLoopback(server, 0);
    const scripts = await temporaryFolder();
    try {
      const [example = ""] = blocksOf(page, "js");
      const file = await scripts.file("sign.mjs", example);
      const { stdout } = await promisify(execFile)(process.execPath, [file], {
        env: { FLAGBRIDGE_URL: `http://127.0.0.1:${port}`, SIGNING_SECRET: WHSEC },
      });
      expect(stdout.trim()).toBe('200 {"success":true,"accepted":1,"ignored":0,"rejected":[]}');
      expect(operations()).toMatchObject([{ contextKey: "user-1", action: "add" }]);
    } finally {
      server.close();
      await scripts.remove();
    }
  });

  test("with openssl, whose result it gives for one id and one time", async () => {
    const shell = blocksOf(page, "sh").find((block) => block.includes("openssl dgst")) ?? "";
    const [, secret = ""] = /^secret='(.*)'$/m.exec(shell) ?? [];
    const [, text = ""] = /^body='(.*)'$/m.exec(shell) ?? [];
    const [, id = "", timestamp = "", signature = ""] =
      /the id `(.*?)` and the timestamp `(\d+)`\s+the signature is\s+`(.*?)`/.exec(page) ?? [];
    const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
    const request = { headers, body: wholeBody(text), receivedAtMs: Number(timestamp) * 1_000 };
    expect(await standardWebhooks.verify(request, [secret])).toMatchObject({ kind: "verified" });
  });
});
