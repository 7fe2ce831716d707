import { expect, test } from "vitest";
import { checkConnectionsYaml } from "./yaml.ts";

const check = (connection: string) =>
  checkConnectionsYaml(`launchdarkly:
  production: { clientSideId: "1", secret: launchdarkly }
connections:
  web:
    source: segment
    secret: web
    ${connection}
`);

const LOST = "expected a name other than __proto__, which JavaScript cannot store: remove it";

test.each([
  [
    "a rename of an audience",
    "audiences: { to: [production], rename: { __proto__: { id: vip } } }",
    "audiences.rename",
  ],
  [
    "what differs for one",
    "audiences: { to: [production], byAudience: { __proto__: { contextKind: a } } }",
    "audiences.byAudience",
  ],
  [
    "a rename of an event",
    "metrics: { to: [production], rename: { __proto__: purchase } }",
    "metrics.rename",
  ],
])("%s under a name that would be lost is a problem at its place", (_name, settings, path) => {
  expect(check(settings)).toEqual({
    ok: false,
    problems: [expect.stringMatching(`^line 7, column \\d+: connections.web.${path}.__proto__: ${LOST}$`)],
  });
});

test("an audience may have that name in a list", () => {
  expect(check("audiences: { to: [production], except: [__proto__] }").ok).toBe(true);
});
