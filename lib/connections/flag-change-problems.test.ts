import { describe, expect, test } from "vitest";
import { checkConnections } from "./load.ts";

const posthog = {
  main: { host: "https://eu.i.posthog.com", secret: "posthog-main" },
  charts: { host: "https://us.i.posthog.com/", projectId: "12", secret: "posthog-charts" },
};
const launchdarkly = { production: { clientSideId: "environment-1", secret: "launchdarkly" } };

/** A file with one connection for flag changes, with these options more. */
const file = (options: object = {}, source = "launchdarkly") => ({
  launchdarkly,
  posthog,
  connections: { changes: { source, secret: "changes", posthog: { to: ["main"] }, ...options } },
});

const problemsOf = (value: unknown) => {
  const checked = checkConnections(value);
  return checked.ok ? [] : checked.problems;
};

describe("a connection for flag changes", () => {
  test("comes with the defaults of its options", () => {
    const checked = checkConnections(file({ sweep: { using: "production" } }));
    expect(checked).toMatchObject({
      ok: true,
      connections: {
        posthog: { charts: { host: "https://us.i.posthog.com" } },
        connections: {
          changes: {
            posthog: {
              to: ["main"],
              eventName: "namespaced",
              perEnvironment: false,
              memberDetails: true,
              annotations: false,
              groups: {},
              only: { projects: [], environments: [], actions: [], kinds: [] },
            },
            sweep: { using: "production", spec: ["proj/*:env/*:flag/*"], every: 900_000, overlap: 600_000 },
          },
        },
      },
    });
  });

  test("stays the same when it is checked again, as every function does", () => {
    const once = checkConnections(
      file({
        posthog: {
          to: ["main"],
          only: { actions: "behaviour" },
          groups: { company: "acme", flag: { from: "flag" } },
        },
        sweep: { using: "production", every: "30s", overlap: "1h" },
      }),
    );
    if (!once.ok) throw new Error(once.problems.join("\n"));
    expect(checkConnections(once.connections)).toEqual(once);
  });

  test.each<[string, object, string]>([
    ["15m", { every: "15m" }, "900000"],
    ["a day", { every: "1d" }, "86400000"],
  ])("reads %s as a span of time", (_name, sweep, ms) => {
    expect(JSON.stringify(checkConnections(file({ sweep: { using: "production", ...sweep } })))).toContain(
      ms,
    );
  });
});

describe("a problem of flag changes says where it is, what was expected and what to do", () => {
  test.each<[string, unknown, string]>([
    [
      "no posthog",
      file({ posthog: undefined }),
      'connections.changes: expected posthog, with a project of posthog in its "to"',
    ],
    [
      "a project that is not there",
      file({ posthog: { to: ["min"] } }),
      'connections.changes.posthog.to[0]: expected a project of posthog ("main", "charts"), found "min": correct it or add it there',
    ],
    [
      "a project twice",
      file({ posthog: { to: ["main", "main"] } }),
      'connections.changes.posthog.to[1]: expected every project once, "main" is there already: remove one',
    ],
    [
      "annotations without the project's number",
      file({ posthog: { to: ["main", "charts"], annotations: true } }),
      "connections.changes.posthog.annotations: expected a projectId of every project: add it to posthog.main",
    ],
    [
      "audiences",
      file({ audiences: { to: ["production"] } }),
      "connections.changes.audiences: expected no audiences: requests of source launchdarkly hold flag changes; remove them",
    ],
    [
      "metrics",
      file({ metrics: { to: ["production"] } }),
      "connections.changes.metrics: expected no metrics: requests of source launchdarkly hold no events; remove them",
    ],
    [
      "an environment that is not there",
      file({ sweep: { using: "staging" } }),
      'connections.changes.sweep.using: expected an environment of launchdarkly ("production"), found "staging": correct it or add it there',
    ],
    [
      "a span of time without a unit",
      file({ sweep: { using: "production", every: "15" } }),
      "connections.changes.sweep.every: expected a whole number and a unit in quotes: 30s, 15m, 1h or 1d",
    ],
    [
      "a group from nowhere",
      file({ posthog: { to: ["main"], groups: { company: { from: "account" } } } }),
      'connections.changes.posthog.groups.company.from: expected "project" or "environment" or "flag", found "account"',
    ],
    [
      "an option of only that is none",
      file({ posthog: { to: ["main"], only: { kind: ["flag"] } } }),
      'connections.changes.posthog.only.kind: no such option, did you mean "kinds"? The options here are: projects, environments, actions, kinds',
    ],
    [
      "the secret of a project as that of the connection",
      file({ secret: "posthog-main" }),
      'connections.changes.secret: expected a secret of its own, "posthog-main" is that of posthog.main: name another and create it',
    ],
    [
      "a project's number that is a name",
      { ...file(), posthog: { ...posthog, main: { ...posthog.main, projectId: "Growth" } } },
      "posthog.main.projectId: expected the project's number, in quotes",
    ],
  ])("%s", (_name, value, problem) => {
    expect(problemsOf(value)).toEqual([problem]);
  });

  test("posthog and sweep at another source", () => {
    const options = { audiences: { to: ["production"] }, sweep: { using: "production" } };
    expect(problemsOf(file(options, "segment"))).toEqual([
      "connections.changes.posthog: expected no such option: only requests of source launchdarkly hold flag changes; remove it",
      "connections.changes.sweep: expected no such option: only requests of source launchdarkly hold flag changes; remove it",
    ]);
  });
});
