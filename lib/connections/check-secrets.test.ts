import { describe, expect, test } from "vitest";
import { checkSecrets, connectionSecretCheck, connectionSecretOf } from "./check-secrets.ts";
import { launchdarklySecret, posthogSecret, secretCheckOf } from "./destination-secrets.ts";
import { checkConnections } from "./load.ts";
import type { SourceName } from "./schema.ts";

const checked = checkConnections({
  launchdarkly: { production: { clientSideId: "x", secret: "launchdarkly" } },
  connections: {
    engage: { source: "segment", secret: "engage", audiences: { to: ["production"] } },
    own: { source: "flagbridge", secret: "own", audiences: { to: ["production"] } },
  },
});
if (!checked.ok) throw new Error(checked.problems.join("\n"));
const { connections } = checked;

/** The secret of the specification's example: 24 bytes. */
const WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const good = {
  launchdarkly: { accessToken: "api-1" },
  engage: { writeKeys: ["write-1", "write-2"] },
  own: { tokens: ["token-1"], signingSecrets: [WHSEC] },
};

describe("secrets", () => {
  test("that are right have no problem", () => expect(checkSecrets(connections, good)).toEqual([]));

  test("beyond those that connections name are nobody's business", () => {
    expect(checkSecrets(connections, { ...good, other: 1 })).toEqual([]);
  });

  test("that are missing are named, with who needs them", () => {
    expect(checkSecrets(connections, {})).toEqual([
      "launchdarkly: expected a secret of this name, which launchdarkly.production names",
      "engage: expected a secret of this name, which connections.engage names",
      "own: expected a secret of this name, which connections.own names",
    ]);
  });

  test("that share a key are named without it", () => {
    const problems = checkSecrets(connections, { ...good, own: { writeKeys: ["hunter2", "write-2"] } });
    expect(problems).toEqual([
      "connections.engage and connections.own share one of their writeKeys: give each its own, or a request cannot say which it is for",
    ]);
  });

  test("may have one text as write key here and as token there, for they are presented in different ways", () => {
    expect(checkSecrets(connections, { ...good, own: { tokens: ["write-1"] } })).toEqual([]);
  });
});

describe("a connection's secret", () => {
  test.each<[string, unknown, string[]]>([
    ["no object", "hunter2", ["expected a mapping of names to values, found another text"]],
    ["nothing in it", {}, ["expected writeKeys, tokens or both: without one nobody can send to it"]],
    ["an empty list", { writeKeys: [] }, ["writeKeys: expected a list of one or two texts"]],
    [
      "three keys",
      { writeKeys: ["hunter1", "hunter2", "hunter3"] },
      ["writeKeys: expected a list of one or two texts"],
    ],
    ["an empty key", { tokens: ["hunter2", ""] }, ["tokens[1]: expected a text that is not empty"]],
    ["a text for a list", { tokens: "hunter2" }, ["tokens: expected a list, found another text"]],
    [
      "a key in the wrong place",
      { hunter2: "hunter2", tokens: ["hunter2"] },
      ["expected no members but writeKeys, tokens, signingSecrets"],
    ],
  ])("with %s is refused, without a value", (_name, value, problems) => {
    const result = secretCheckOf(connectionSecretOf("tealium"))(value);
    expect(result).toEqual({ ok: false, problems });
    expect(JSON.stringify(result)).not.toContain("hunter");
  });
});

describe("a key that can never match is refused, without its value:", () => {
  const check = secretCheckOf(connectionSecretOf("segment"));
  const colon =
    "writeKeys[0]: expected no ':' in it, for Basic authentication ends a write key there and it would never match: copy the write key alone, without a password";
  const invisible =
    "writeKeys[0]: expected no blank, line end or control character in or around it, for it would never match: copy the write key alone";
  const header =
    "tokens[0]: expected printable ASCII without a blank or line end around it, for a header carries nothing else and it would never match: copy the token alone, or make a new one";

  test.each<[string, object, string]>([
    ["a write key with its password", { writeKeys: ["hunter2:"] }, colon],
    ["a write key with a line end", { writeKeys: ["hunter2\n"] }, invisible],
    ["a write key with a blank before it", { writeKeys: [" hunter2"] }, invisible],
    ["a write key with a control character", { writeKeys: ["hunter\u00002"] }, invisible],
    ["a token with a blank after it", { tokens: ["hunter2 "] }, header],
    ["a token with a blank before it", { tokens: ["\thunter2"] }, header],
    ["a token with a line end", { tokens: ["hunter2\r\n"] }, header],
    ["a token with a control character", { tokens: ["hunter\u00072"] }, header],
    ["a token with a letter that no header carries", { tokens: ["hünter2"] }, header],
    ["a token that is a blank", { tokens: [" "] }, header],
  ])("%s", (_name, secret, problem) => {
    const checked = check(secret);
    expect(checked).toEqual({ ok: false, problems: [problem] });
    expect(JSON.stringify(checked)).not.toMatch(/h[uü]nter/);
  });

  test("a token with a blank or ':' inside is one that a header carries", () => {
    expect(check({ tokens: ["two words", "user:word"] })).toMatchObject({ ok: true });
  });
});

describe("signing secrets alone", () => {
  const problemsOf = (source: SourceName, signingSecrets: string[]) => {
    const checked = secretCheckOf(connectionSecretOf(source))({ signingSecrets });
    return checked.ok ? [] : checked.problems;
  };

  test.each<[SourceName, string]>([
    ["segment", "any text"],
    ["flagbridge", WHSEC],
    ["flagbridge", WHSEC.replace("whsec_", "")],
  ])("do for source %s: %s", (source, secret) => expect(problemsOf(source, [secret])).toEqual([]));

  test("do not for a source that does not sign", () => {
    expect(problemsOf("tealium", ["hunter2"])).toEqual([
      "expected writeKeys, tokens or both: without one nobody can send to it",
    ]);
  });

  test.each(["hunter2", "whsec_", "whsec_hunter2", "whsec_!!!!", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa"])(
    "of Standard Webhooks are 24 bytes in base64, for a shorter key can be guessed: %s",
    (secret) => {
      const problems = problemsOf("flagbridge", [WHSEC, secret]);
      expect(problems).toEqual([
        expect.stringMatching(
          /^signingSecrets\[1\]: expected whsec_ and at least 24 random bytes in base64: make /,
        ),
      ]);
      expect(problems.join()).not.toContain("hunter2");
    },
  );

  test("are checked by the connection that names them", () => {
    const check = connectionSecretCheck(connections);
    expect(check({ signingSecrets: ["any text"] }, "engage")).toMatchObject({ ok: true });
    expect(check({ signingSecrets: ["any text"] }, "own")).toMatchObject({ ok: false });
    expect(check({ tokens: ["token-1"] }, "other")).toMatchObject({ ok: false });
  });
});

test("the secret of a LaunchDarkly environment holds a token and nothing else", () => {
  expect(secretCheckOf(launchdarklySecret)({ accessToken: 7, hunter2: 1 })).toEqual({
    ok: false,
    problems: [
      "accessToken: expected a text, found a number (put a text that looks like one in quotes)",
      "expected no members but accessToken",
    ],
  });
});

describe("the secret of a PostHog project", () => {
  const check = secretCheckOf(posthogSecret);

  test.each<[string, object]>([
    ["a project key", { projectApiKey: "phc_project" }],
    ["both keys", { projectApiKey: "phc_project", personalApiKey: "phx_personal" }],
    ["the project key of an old self-hosted instance", { projectApiKey: "sTMFPsFhdP1Ssg" }],
  ])("may hold %s", (_name, secret) => {
    expect(check(secret)).toEqual({ ok: true, value: secret });
  });

  test.each<[string, object, string]>([
    [
      "a personal key as project key",
      { projectApiKey: "phx_hunter2" },
      "projectApiKey: expected the project API key (phc_…) of the project's settings, found a personal or secure key: capture refuses those",
    ],
    [
      "a project key as personal key",
      { projectApiKey: "phc_project", personalApiKey: "phc_hunter2" },
      "personalApiKey: expected a personal API key (phx_…) with the scopes annotation:read and annotation:write, found a project key",
    ],
    [
      "a key with a line end",
      { projectApiKey: "phc_hunter2\n" },
      "projectApiKey: expected a key: printable ASCII without spaces or line ends",
    ],
    [
      "a key that is too long",
      { projectApiKey: "p".repeat(65) },
      "projectApiKey: expected at most 64 characters",
    ],
    ["no key", {}, "projectApiKey: expected a text, it is missing"],
    [
      "another member",
      { projectApiKey: "phc_project", hunter2: 1 },
      "expected no members but projectApiKey, personalApiKey",
    ],
  ])("is refused with %s, and no value is told", (_name, secret, problem) => {
    const checked = check(secret);
    expect(checked).toEqual({ ok: false, problems: [problem] });
    expect(JSON.stringify(checked)).not.toContain("hunter2");
  });

  test("needs a personal key where a connection writes annotations", () => {
    const annotating = checkConnections({
      posthog: { main: { host: "https://eu.i.posthog.com", projectId: "1", secret: "posthog" } },
      connections: {
        changes: { source: "launchdarkly", secret: "changes", posthog: { to: ["main"], annotations: true } },
      },
    });
    if (!annotating.ok) throw new Error(annotating.problems.join("\n"));
    const secrets = { posthog: { projectApiKey: "phc_project" }, changes: { signingSecrets: ["shared"] } };
    expect(checkSecrets(annotating.connections, secrets)).toEqual([
      "posthog: personalApiKey: it is missing, and connections.changes writes annotations: add one with the scopes annotation:read and annotation:write",
    ]);
  });
});
