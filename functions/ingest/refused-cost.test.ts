import { describe, expect, test } from "vitest";
import { twoConnections, usable } from "../../test/support/ingest-request.ts";
import { wholeBody } from "../../test/support/signed-body.ts";
import {
  type AuthenticationPorts,
  authenticateByKey,
  authenticateByToken,
  authenticateFor,
  type Evidence,
} from "./authenticate.ts";

const WHSEC = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const nowMs = 1_777_809_600_000;

/** A request that notes how far into its body somebody looks. */
function request(headers: Record<string, string>, text = "{}") {
  const looks: string[] = [];
  const body = wholeBody(text);
  const evidence: Evidence = {
    headers,
    receivedAtMs: nowMs,
    body: {
      ends: () => {
        looks.push("ends");
        return body.ends();
      },
      each: (take) => {
        looks.push("each");
        return body.each(take);
      },
      fault: () => undefined,
    },
    readBody: async () => {
      looks.push("parsed");
      return { kind: "parsed", value: JSON.parse(text), bytes: text.length };
    },
  };
  return { evidence, looks };
}

function ports(
  secrets: Record<string, object>,
  refreshed = secrets,
): AuthenticationPorts & { reads: string[] } {
  const reads: string[] = [];
  const answers = (all: Record<string, object>) =>
    new Map(Object.entries(all).map(([name, value]) => [name, usable(value)]));
  const [cached, newer] = [answers(secrets), secrets === refreshed ? undefined : answers(refreshed)];
  return {
    reads,
    connections: twoConnections(),
    readSecrets: async (_names, freshness) => {
      reads.push(freshness);
      return freshness === "refreshed" ? (newer ?? cached) : cached;
    },
  };
}

const everything = {
  "engage-secret": { writeKeys: ["write-key"], tokens: ["token-1"], signingSecrets: ["shared-secret"] },
  "own-secret": { tokens: ["token-2"], signingSecrets: [WHSEC] },
};
const engage = (headers: Record<string, string>, text?: string) => {
  const sent = request(headers, text);
  return { ...sent, result: authenticateFor("engage", sent.evidence, ports(everything)) };
};
const own = (headers: Record<string, string>, text?: string) => {
  const sent = request(headers, text);
  return { ...sent, result: authenticateFor("own", sent.evidence, ports(everything)) };
};
const tracking = (headers: Record<string, string>, text?: string) => {
  const sent = request(headers, text);
  return { ...sent, result: authenticateByKey(sent.evidence, ports(everything)) };
};
const targets = (headers: Record<string, string>) => {
  const sent = request(headers);
  return {
    ...sent,
    result: authenticateByToken("census-synced-segments", sent.evidence, ports(everything)),
  };
};
const basic = (user: string) => ({ authorization: `Basic ${btoa(`${user}:`)}` });
const standard = (signature: string, timestampMs = nowMs) => ({
  "webhook-id": "m",
  "webhook-timestamp": String(timestampMs / 1_000),
  "webhook-signature": signature,
});
const someSignature = `v1,${Buffer.alloc(32).toString("base64")}`;

describe("a request that its headers condemn is refused without a look at its body:", () => {
  test.each([
    ["a wrong user name of Basic", () => engage(basic("other"))],
    ["a wrong user name of Basic on /v1", () => tracking(basic("other"))],
    ["a wrong token where nothing in the body counts before it", () => own({ authorization: "other" })],
    ["a wrong token in the connection's own header", () => own({ "x-key": "other" })],
    ["no token on segment-targets", () => targets({})],
    ["a wrong token on segment-targets", () => targets({ authorization: "other" })],
    ["an X-Signature that is none", () => engage({ "x-signature": "other" })],
    ["an X-Signature of another length", () => engage({ "x-signature": "0".repeat(64) })],
    ["a webhook-signature without one of version 1", () => own(standard("v2,x"))],
    ["a webhook-signature of another length", () => own(standard("v1,AAAA"))],
    ["a webhook-signature of yesterday", () => own(standard(someSignature, nowMs - 86_400_000))],
    ["a webhook-signature without an id", () => own({ ...standard(someSignature), "webhook-id": "" })],
  ])("%s", async (_name, send) => {
    const { result, looks } = send();
    expect(await result).toMatchObject({ kind: "refused", code: "unauthorized" });
    expect(looks).toEqual([]);
  });
});

describe("a request that its headers do not condemn is read as far as a proof needs, and not parsed:", () => {
  test.each([
    ["no key on /v1", () => tracking({}, '{"batch":[]}'), ["ends"]],
    ["a wrong key in the body on /v1", () => tracking({}, '{"writeKey":"other"}'), ["ends", "ends"]],
    ["no key where a write key could be in the body", () => engage({}), ["ends"]],
    ["a wrong X-Signature", () => engage({ "x-signature": "0".repeat(40) }), ["ends"]],
    ["a wrong webhook-signature", () => own(standard(someSignature)), ["each"]],
  ])("%s", async (_name, send, expected) => {
    const { result, looks } = send();
    expect(await result).toMatchObject({ kind: "refused", code: "unauthorized" });
    expect(looks).toEqual(expected);
  });
});

describe("a body is parsed before its sender is known only for somebody who knows a key:", () => {
  test.each([
    ["a right write key in it", () => engage({}, '{"writeKey":"write-key"}'), "authenticated"],
    ["a right token beside it", () => engage({ authorization: "token-1" }), "authenticated"],
    [
      "a right write key inside of it, which counts for nothing",
      () => engage({}, '{"events":[{"writeKey":"write-key"}]}'),
      "refused",
    ],
    [
      "a right token beside a wrong write key in it, which decides",
      () => engage({ authorization: "token-1" }, '{"writeKey":"other"}'),
      "refused",
    ],
  ])("%s", async (_name, send, kind) => {
    const { result, looks } = send();
    expect(await result).toMatchObject({ kind });
    expect(looks).toContain("parsed");
  });
});

describe("a refused request is looked at a second time", () => {
  const wrong = standard(someSignature);

  test("not at all when a look for newer secrets finds the same", async () => {
    const { evidence, looks } = request(wrong);
    const same = ports(everything);
    await authenticateFor("own", evidence, same);
    expect({ looks, reads: same.reads }).toEqual({ looks: ["each"], reads: ["cached", "refreshed"] });
  });

  test("when they are others", async () => {
    const { evidence, looks } = request(wrong);
    const rotated = { ...everything, "own-secret": { tokens: ["token-3"], signingSecrets: [WHSEC] } };
    await authenticateFor("own", evidence, ports(everything, rotated));
    expect(looks).toEqual(["each", "each"]);
  });

  test("never when nothing in it could be a key, whatever the secrets are", async () => {
    const { evidence } = request({});
    const unread = ports(everything);
    await authenticateByKey(evidence, unread);
    expect(unread.reads).toEqual([]);
  });
});
