import * as z from "zod";
import { API_VERSION } from "../../lib/launchdarkly/client.ts";
import { CALLER_IDENTITY, notSeen, withoutToken } from "./ask.ts";
import { type Check, type CheckLine, lineAbout } from "./check.ts";
import type { AskedEnvironment, EnvironmentToAsk } from "./launchdarkly-environment.ts";

/** https://launchdarkly.com/docs/api/other/get-caller-identity */
const identity = z.object({
  tokenName: z.string().nullish(),
  tokenKind: z.string().nullish(),
  authKind: z.string().nullish(),
  memberId: z.string().nullish(),
  serviceToken: z.boolean().nullish(),
});

/** https://launchdarkly.com/docs/api/other/get-versions */
const versions = z.object({
  validVersions: z.array(z.number()),
  latestVersion: z.number(),
  currentVersion: z.number(),
});

/** When LaunchDarkly stops answering a version. https://launchdarkly.com/docs/api#versioning, and its guide to migrations. */
const ENDS: Readonly<Record<number, string>> = { 20220603: "2026-12-31" };

/** Is the token of an environment valid, whose is it, and is it for the environment that the client-side ID names? */
export function tokenCheck(environment: EnvironmentToAsk, { now }: { readonly now: () => number }): Check {
  const { subject, settings, asked } = environment;
  const token = lineAbout("launchdarkly.token", subject);
  const version = lineAbout("launchdarkly.api-version", subject);
  const place = lineAbout("launchdarkly.environment", subject);
  return {
    title: subject,
    line: token,
    run: async () =>
      asked
        ? Promise.all([tokenLine(asked), versionLine(asked, now()), placeLine(asked)])
        : [token, version, place].map((line) => withoutToken(line, settings.secret)),
  };

  async function tokenLine({ ask }: AskedEnvironment): Promise<CheckLine> {
    const answer = await ask({
      method: "GET",
      path: CALLER_IDENTITY,
      route: CALLER_IDENTITY,
    });
    switch (answer.kind) {
      case "refused-token":
        return token.failed(
          `LaunchDarkly refuses the token of secret ${settings.secret} (401)`,
          `Make one in Organization settings, Authorization, of the instance that connections.yml names, and set it: npx flagbridge secrets set ${settings.secret}`,
        );
      case "unreachable":
        return token.failed(
          `LaunchDarkly did not answer: ${answer.why}`,
          "Check `instance` of the environment, and whether this machine reaches it (proxy, firewall).",
        );
      case "taken":
        break;
      default:
        return notSeen(token, answer, "a token of LaunchDarkly's REST API");
    }
    const { data } = identity.safeParse(answer.json);
    if (!data?.authKind && !data?.tokenName && !data?.memberId)
      return token.failed(
        "what answers is not LaunchDarkly's REST API",
        "Check `instance` of the environment: expected us, eu, federal, or the base URL of its API.",
      );
    const name = data.tokenName ? `"${data.tokenName}"` : "without a name";
    if (data.serviceToken) return token.ok(`the token is valid: the service token ${name}`);
    return token.warning(
      `the token is valid: the personal token ${name} of member ${data.memberId ?? "unknown"}`,
      "Where your plan has service tokens, use one: a personal token loses its rights with the member who made it.",
    );
  }

  async function versionLine({ ask }: AskedEnvironment, nowMs: number): Promise<CheckLine> {
    const answer = await ask({
      method: "GET",
      path: "/api/v2/versions",
      route: "/api/v2/versions",
      version: "token's",
    });
    if (answer.kind !== "taken") return notSeen(version, answer, "a token of LaunchDarkly's REST API");
    const { data } = versions.safeParse(answer.json);
    if (!data)
      return version.skipped("its answer is not as documented", "It is worth an issue with this output.");
    if (!data.validVersions.map(String).includes(API_VERSION))
      return version.failed(
        `LaunchDarkly no longer knows version ${API_VERSION}, which Flagbridge states`,
        "Update Flagbridge.",
      );
    const own = data.currentVersion;
    if (String(own) >= API_VERSION)
      return version.ok(`Flagbridge states ${API_VERSION}, which is valid; the token's own is ${own}`);
    const ends = ENDS[own];
    const isOver = ends === undefined || Date.parse(`${ends}T23:59:59Z`) < nowMs;
    return version.warning(
      `the token's own version is ${own}, which ${isOver ? "has ended" : `ends on ${ends}`}; Flagbridge states ${API_VERSION}, which is valid`,
      `Nothing of Flagbridge breaks. Whatever else uses this token and states no version does: make a new token, whose version is ${data.latestVersion}.`,
    );
  }

  async function placeLine({ place: find }: AskedEnvironment): Promise<CheckLine> {
    const found = await find();
    const keys =
      settings.project !== undefined && settings.environment !== undefined
        ? `${settings.project}/${settings.environment}`
        : undefined;
    switch (found.kind) {
      case "unknown":
        return found.answer.kind === "taken"
          ? place.skipped("its answer is not as documented", "It is worth an issue with this output.")
          : notSeen(place, found.answer, "viewProject");
      case "nowhere":
        if (keys !== undefined)
          return place.failed(
            `the token sees no environment ${keys}`,
            "Correct project and environment in connections.yml (they are keys, not names), or use a token of their account that has viewProject.",
          );
        return found.seen === 0
          ? place.skipped(
              "the token sees no environment: viewProject is missing",
              "Give its token viewProject.",
            )
          : place.failed(
              `none of the ${found.seen} environments that the token sees has the client-side ID ${settings.clientSideId}`,
              "Copy the client-side ID from the environment's settings, or use a token of its account.",
            );
      case "found": {
        const { project, environment: key, view } = found;
        if (view._id === settings.clientSideId)
          return place.ok(`the client-side ID is that of ${project}/${key}, which the token sees`);
        return place.failed(
          `the client-side ID is ${settings.clientSideId}, and that of ${project}/${key} is ${view._id}: members and metric events go to another environment than the keys say`,
          "Correct clientSideId, or project and environment, in connections.yml.",
        );
      }
    }
  }
}
