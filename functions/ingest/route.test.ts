import { describe, expect, test } from "vitest";
import { INTEGRATION_NAMES } from "../../lib/connections/integrations.ts";
import { preflightHeaders, type Route, routeOf } from "./route.ts";

const at = (method: string, path: string) => routeOf({ method, path, headers: {} });
const batch: Route = { kind: "tracking", call: undefined };

describe("a path leads", () => {
  test.each<[string, string, Route]>([
    ["GET", "/health", { kind: "health" }],
    ["HEAD", "/health/", { kind: "health" }],
    ["GET", "/openapi.json", { kind: "openapi" }],
    ["HEAD", "/openapi.json", { kind: "openapi" }],
    ["POST", "/c/segment-engage", { kind: "connection", name: "segment-engage" }],
    ["PUT", "/c/segment-engage/", { kind: "connection", name: "segment-engage" }],
    ["PATCH", "/c/a.b_c", { kind: "connection", name: "a.b_c" }],
    ["POST", "/v1/batch", batch],
    ["POST", "/v1/batch/", batch],
    ["POST", "//v1/batch", batch],
    ["POST", "/v1/import", batch],
    ["POST", "/v1/b", batch],
    ...["track", "identify", "page", "screen", "group", "alias", "audiencelist"].flatMap(
      (call): [string, string, Route][] => [["POST", `/v1/${call}`, { kind: "tracking", call }]],
    ),
    ...["track", "identify", "page", "screen", "group", "alias"].flatMap(
      (call): [string, string, Route][] => [["POST", `/v1/${call.charAt(0)}`, { kind: "tracking", call }]],
    ),
    ...INTEGRATION_NAMES.map((integration): [string, string, Route] => [
      "POST",
      `/api/v2/segment-targets/${integration}`,
      { kind: "segment-targets", integration },
    ]),
    ["POST", "//api/v2/segment-targets/zeotap/", { kind: "segment-targets", integration: "zeotap" }],
    ["OPTIONS", "/v1/t", { kind: "preflight", requestedHeaders: "" }],
    ["OPTIONS", "/v1/batch", { kind: "preflight", requestedHeaders: "" }],
  ])("%s %s", (method, path, route) => {
    expect(at(method, path)).toEqual(route);
  });
});

describe("a path leads nowhere", () => {
  test.each([
    "/",
    "",
    "/c",
    "/c/",
    "/c/a/b",
    "/v1",
    "/v1/",
    "/v1/other",
    "/v1/batch/x",
    "/V1/batch",
    "/v2/batch",
    "/health/x",
    "/openapi.json/x",
    "/openapi.yaml",
    "/v1/constructor",
    "/api/v2/segment-targets",
    "/api/v2/segment-targets/",
    "/api/v2/segment-targets/zeotap/x",
    "/api/v2/segments/default/production/beta/contexts",
  ])("%j", (path) => {
    expect(at("POST", path)).toMatchObject({ kind: "refused", code: "no_such_route" });
  });
});

test.each(["mixpanel", "Zeotap", "constructor"])(
  "LaunchDarkly has no integration %j with segments",
  (name) => {
    expect(at("POST", `/api/v2/segment-targets/${name}`)).toMatchObject({ code: "no_such_integration" });
  },
);

describe("a method that a path does not take is refused with those it takes", () => {
  test.each([
    ["GET", "/c/segment-engage", "POST, PUT, PATCH"],
    ["OPTIONS", "/c/segment-engage", "POST, PUT, PATCH"],
    ["DELETE", "/v1/batch", "POST, OPTIONS"],
    ["PUT", "/v1/t", "POST, OPTIONS"],
    ["POST", "/health", "GET, HEAD"],
    ["POST", "/openapi.json", "GET, HEAD"],
    ["PUT", "/api/v2/segment-targets/zeotap", "POST"],
  ])("%s %s", (method, path, allow) => {
    expect(at(method, path)).toMatchObject({
      kind: "refused",
      code: "method_not_allowed",
      headers: { allow },
    });
  });
});

describe("a browser that asks first", () => {
  test("may send the headers it names", () => {
    expect(preflightHeaders("authorization, x-retry-count")["access-control-allow-headers"]).toBe(
      "authorization, x-retry-count",
    );
  });

  test.each(["", "a\r\nset-cookie: b", "<script>"])(
    "gets the usual headers when it names none that can be one: %j",
    (named) => {
      expect(preflightHeaders(named)["access-control-allow-headers"]).toBe("authorization, content-type");
    },
  );
});
