import * as z from "zod";
import { connectionSecretOf } from "../../lib/connections/check-secrets.ts";
import type { Connection } from "../../lib/connections/schema.ts";
import { readJson } from "../../lib/json.ts";
import { type NotTaken, notSeen } from "./ask.ts";
import { type Check, type CheckLine, lineAbout, listed } from "./check.ts";
import type { EnvironmentToAsk } from "./launchdarkly-environment.ts";
import { notCovered } from "./policy.ts";
import type { Secrets } from "./secrets.ts";

const names = z.array(z.string()).nullish();
const webhook = z.object({
  url: z.string(),
  on: z.boolean(),
  secret: z.string().nullish(),
  hasBearerToken: z.boolean().nullish(),
  statements: z
    .array(
      z.object({
        effect: z.string(),
        resources: names,
        notResources: names,
        actions: names,
        notActions: names,
      }),
    )
    .nullish(),
});
/** https://launchdarkly.com/docs/api/webhooks/list-webhooks */
const webhooksAnswer = z.object({ items: z.array(webhook) });
type Webhook = z.output<typeof webhook>;

const MAX_ANSWER_BYTES = 4 * 1_024 * 1_024;
const WHERE = "LaunchDarkly, Organization settings, Integrations, Webhooks";
const DOCS = "docs/sources/launchdarkly.md";

/** Does LaunchDarkly have a webhook that brings a connection its changes: with our URL, on, signed, with a policy that covers its filters? */
export function webhookCheck(
  name: string,
  given: {
    readonly connection: Connection;
    readonly secrets: Secrets;
    /** Where the connection takes requests. */
    readonly url: string;
    /** Whose tokens may look: first that of the connection's sweep. */
    readonly environments: readonly EnvironmentToAsk[];
  },
): Check {
  const { connection, secrets, url } = given;
  const line = lineAbout("webhook", `connections.${name}`);
  const stored = secrets.get(connection.secret);
  const keys =
    stored?.kind === "text"
      ? connectionSecretOf(connection.source).safeParse(readJson(stored.text)).data
      : undefined;
  return {
    title: `connections.${name}`,
    line,
    run: async () => {
      const asked = inOrder(given.environments, connection).flatMap((one) => one.asked ?? []);
      if (asked.length === 0)
        return [
          line.skipped(
            "connections.yml has no LaunchDarkly environment with a token that could look",
            "Add the environment of the webhook's account to launchdarkly:, with its secret.",
          ),
        ];
      // Two environments of one account have the same webhooks: the first that is found will do.
      const unseen: NotTaken[] = [];
      let seen: number | undefined;
      for (const { askOnce } of asked) {
        const answer = await askOnce({
          method: "GET",
          path: PATH,
          route: PATH,
          maxAnswerBytes: MAX_ANSWER_BYTES,
        });
        const read = answer.kind === "taken" ? webhooksAnswer.safeParse(answer.json).data : undefined;
        if (!read) unseen.push(answer.kind === "taken" ? UNREADABLE : answer);
        else {
          seen = (seen ?? 0) + read.items.length;
          const own = read.items.filter((one) => sameUrl(one.url, url));
          const best = own.find(({ on }) => on) ?? own[0];
          if (best) return judge(best);
          const elsewhere = read.items.find((one) => one.on && isOursElsewhere(one));
          if (elsewhere) return [elsewhereLine(elsewhere), ...judge(elsewhere)];
        }
      }
      const [first] = unseen;
      if (seen === undefined && first) return [notSeen(line, first, "viewing webhooks (the role Reader)")];
      return [missing(seen ?? 0, unseen.length)];
    },
  };

  /** A domain of one's own in front of the API is not in the stack's URL; what is signed with our secret is for us. */
  function isOursElsewhere({ url: to, secret }: Webhook): boolean {
    const path = URL.parse(to)?.pathname.replace(/\/+$/, "");
    return path === `/c/${name}` && secret != null && (keys?.signingSecrets ?? []).includes(secret);
  }

  function elsewhereLine({ url: to }: Webhook): CheckLine {
    return line.warning(
      `the webhook that is signed with the connection's secret sends to ${hostOf(to)}, and this API is at ${hostOf(url)}`,
      "That is right where it is a domain of your own in front of this API. Else correct the webhook's URL.",
    );
  }

  function missing(seen: number, unseen: number): CheckLine {
    const arrives = connection.sweep ? "no change arrives but by the sweep" : "no change arrives";
    const but = unseen === 0 ? "" : ` (the webhooks of ${unseen} of the environments could not be read)`;
    return line.failed(
      `none of LaunchDarkly's ${seen} webhooks has the URL ${url}: ${arrives}${but}`,
      `Add one in ${WHERE}: URL ${url}, signed, with a policy (${DOCS}).`,
    );
  }

  function judge(found: Webhook): readonly CheckLine[] {
    if (!found.on) return [line.failed(`the webhook to ${url} is off`, `Turn it on in ${WHERE}.`)];
    return [proofLine(found), policyLine(found)];
  }

  function proofLine({ secret, hasBearerToken }: Webhook): CheckLine {
    const proof = lineAbout("webhook.signature", `connections.${name}`);
    if (!keys)
      return proof.skipped(
        `its secret ${connection.secret} has no key`,
        `Mend the secret ${connection.secret} first.`,
      );
    const set = `npx flagbridge secrets set ${connection.secret}`;
    if (keys.signingSecrets) {
      if (!secret)
        return proof.failed(
          "the webhook to it is not signed, and its secret has signingSecrets: every request is refused with 401",
          `Tick "Sign this webhook" in ${WHERE}, and put the secret that it shows into signingSecrets: ${set}`,
        );
      if (/^[*•.]+$/.test(secret))
        return proof.skipped(
          "LaunchDarkly does not show the webhook's secret to this token",
          "Send a change and see whether it arrives.",
        );
      return keys.signingSecrets.includes(secret)
        ? proof.ok("the webhook is on, and signed with a secret that the connection has")
        : proof.failed(
            "the webhook is signed with another secret than the connection has: every request is refused with 401",
            `Put the webhook's secret into signingSecrets: ${set}`,
          );
    }
    if (hasBearerToken === true) return proof.ok("the webhook is on, and sends a bearer token");
    return hasBearerToken === false
      ? proof.failed(
          "the webhook sends no bearer token, and the connection's secret has only tokens: every request is refused with 401",
          `Sign the webhook and put its secret into signingSecrets (${set}), or give it the token (${DOCS}).`,
        )
      : proof.skipped(
          "LaunchDarkly does not say whether the webhook sends the bearer token",
          "Send a change and see whether it arrives.",
        );
  }

  function policyLine({ statements }: Webhook): CheckLine {
    const policy = lineAbout("webhook.policy", `connections.${name}`);
    const only = connection.posthog?.only ?? { kinds: [], projects: [], environments: [], actions: [] };
    const write = `Add them to the policy in ${WHERE} (${DOCS}), or take them out of \`only\`.`;
    if (!statements || statements.length === 0) {
      const missing = notCovered(only, [
        { effect: "allow", resources: ["proj/*:env/production:flag/*"], actions: ["*"] },
      ]);
      const found = "the webhook has no policy, so LaunchDarkly sends only flag changes of production";
      return missing.length > 0
        ? policy.failed(`${found}: it does not send ${listed(missing)}`, write)
        : policy.warning(
            found,
            `If you want those of other environments too, add a policy in ${WHERE} (${DOCS}).`,
          );
    }
    const missing = notCovered(only, statements);
    return missing.length > 0
      ? policy.failed(
          `the webhook's policy does not send ${listed(missing)}, which the connection lets through`,
          write,
        )
      : policy.ok("the webhook's policy sends what the connection lets through");
  }
}

const PATH = "/api/v2/webhooks";
const UNREADABLE: NotTaken = { kind: "unreachable", why: "its answer is not as documented" };

function inOrder(
  environments: readonly EnvironmentToAsk[],
  { sweep }: Connection,
): readonly EnvironmentToAsk[] {
  return [...environments].sort((a, b) => Number(b.name === sweep?.using) - Number(a.name === sweep?.using));
}

/** On this machine `localhost` is one address by several names. */
function sameUrl(one: string, other: string): boolean {
  return normal(one) === normal(other);
}

function normal(text: string): string {
  const url = URL.parse(text.trim());
  if (!url) return text;
  const host = /^(127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname) ? "localhost" : url.hostname;
  return `${url.protocol}//${host}:${url.port}${url.pathname.replace(/\/+$/, "")}`;
}

/** Without the path and the query, which may hold what proves somebody else's requests. */
function hostOf(text: string): string {
  return URL.parse(text)?.host ?? "another address";
}
