import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, test } from "vitest";
import { admit } from "./guard.ts";

const lock = { token: "right-token", port: () => 3000 };
const HOME = { host: "localhost:3000" };
const BEARER = { authorization: "Bearer right-token" };

function knock(target: string, headers: IncomingHttpHeaders = HOME, method = "GET") {
  const [path = "", query = ""] = target.split("?");
  return admit({ method, path, query: new URLSearchParams(query), headers }, lock);
}

describe("the page is opened", () => {
  test("by the token in its URL, which is good for the page alone from then on", () => {
    const first = knock("/console?token=right-token");
    expect(first).toMatchObject({
      kind: "page",
      setCookie: expect.stringContaining("HttpOnly; SameSite=Strict"),
    });
    const cookie = first.kind === "page" ? (first.setCookie ?? "").split(";")[0] : "";
    expect(cookie).not.toContain("right-token");
    expect(knock("/console", { ...HOME, cookie: `other=1; ${cookie}` })).toMatchObject({ kind: "page" });
    expect(knock("/console/api/live", { ...HOME, cookie })).toMatchObject({ kind: "refused", status: 401 });
  });

  test.each(["localhost", "127.0.0.1", "[::1]"])("by the name %s of this machine", (name) => {
    expect(knock("/console?token=right-token", { host: `${name}:3000` })).toMatchObject({ kind: "page" });
  });

  test("by a link of a terminal, or of a page elsewhere that knows the token: it is only looked at", () => {
    const headers = { ...HOME, "sec-fetch-site": "cross-site" };
    expect(knock("/console?token=right-token", headers)).toMatchObject({ kind: "page" });
  });
});

describe("nobody gets in", () => {
  const REFUSED: readonly [string, string, IncomingHttpHeaders, string, number][] = [
    ["without a token", "/console", HOME, "GET", 401],
    ["with a wrong token", "/console?token=wrong-token", HOME, "GET", 401],
    ["with a token that is the beginning of the right one", "/console?token=right", HOME, "GET", 401],
    ["to the calls without a token", "/console/api/live", HOME, "GET", 401],
    ["to the calls with the token in the URL", "/console/api/live?token=right-token", HOME, "GET", 401],
    [
      "by a name that leads here from outside",
      "/console?token=right-token",
      { host: "evil.example:3000" },
      "GET",
      403,
    ],
    ["without a name", "/console?token=right-token", {}, "GET", 403],
    [
      "by the right name with another port",
      "/console?token=right-token",
      { host: "localhost:3001" },
      "GET",
      403,
    ],
    [
      "from another origin",
      "/console/api/doctor",
      { ...HOME, ...BEARER, origin: "https://evil.example" },
      "POST",
      403,
    ],
    [
      "from another port of this machine",
      "/console/api/doctor",
      { ...HOME, ...BEARER, origin: "http://localhost:4000" },
      "POST",
      403,
    ],
    [
      "from a page without an origin",
      "/console/api/doctor",
      { ...HOME, ...BEARER, origin: "null" },
      "POST",
      403,
    ],
    [
      "where the browser says that another site asks",
      "/console/api/live",
      { ...HOME, ...BEARER, "sec-fetch-site": "same-site" },
      "GET",
      403,
    ],
    ["by a form", "/console?token=right-token", { ...HOME, origin: "http://localhost:3000" }, "POST", 405],
  ];
  test.each(REFUSED)("%s", (_, target, headers, method, status) => {
    expect(knock(target, headers, method)).toMatchObject({ kind: "refused", status });
  });
});

test("a call of the page itself is taken", () => {
  const headers = { ...HOME, ...BEARER, origin: "http://localhost:3000", "sec-fetch-site": "same-origin" };
  expect(knock("/console/api/doctor", headers, "POST")).toEqual({ kind: "api" });
});
