import type { CallOutcome } from "../../lib/http/destination-call.ts";
import { isObject, readJson } from "../../lib/json.ts";
import type { ApiRequest, Client } from "../../lib/launchdarkly/client.ts";
import type { CheckLine, LineAbout } from "./check.ts";

/** What LaunchDarkly said. `words` is its own message, shortened. */
export type Answer =
  | { readonly kind: "taken"; readonly status: number; readonly json: unknown; readonly body: string }
  /** 401: the token is not valid. */
  | { readonly kind: "refused-token" }
  /** 403: the token may not. */
  | { readonly kind: "forbidden"; readonly words: string }
  /** 404: there is no such thing, or none that the token may see. */
  | { readonly kind: "missing" }
  /** Another status: what was asked is at fault, or LaunchDarkly is. */
  | { readonly kind: "refused"; readonly status: number; readonly words: string }
  | { readonly kind: "limited" }
  | { readonly kind: "unreachable"; readonly why: string };

export type NotTaken = Exclude<Answer, { readonly kind: "taken" }>;

export type Ask = (request: ApiRequest) => Promise<Answer>;

/** Whose a token is: https://launchdarkly.com/docs/api/other/get-caller-identity */
export const CALLER_IDENTITY = "/api/v2/caller-identity";

/** A person waits: LaunchDarkly's windows are 10 s long, and one that asks for more than this is reported. */
const LONGEST_WAIT_MS = 30_000;
const MOST_ATTEMPTS = 4;
const RETRY_MS = 500;

/** Asks as often as the functions would, but for waiting out a limit and repeating what got no answer. */
export function askerOf(
  client: Pick<Client, "call">,
  { now, sleep }: { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> },
): Ask {
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await client.call(request, {});
      if (attempt === MOST_ATTEMPTS) return answerOf(outcome);
      if (outcome.kind === "limited") {
        const waitMs = outcome.untilMs - now();
        if (waitMs > LONGEST_WAIT_MS) return { kind: "limited" };
        await sleep(Math.max(0, waitMs));
      } else if (isTransient(outcome) && request.method === "GET") await sleep(RETRY_MS * attempt);
      else return answerOf(outcome);
    }
  };
}

/** Asks the same question once: several connections have one project, one account, one environment. */
export function askingOnce(ask: Ask): Ask {
  const answers = new Map<string, Promise<Answer>>();
  return (request) => {
    const question = `${request.method} ${request.path}`;
    const answer = answers.get(question) ?? ask(request);
    answers.set(question, answer);
    return answer;
  };
}

function isTransient({ kind }: CallOutcome): boolean {
  return kind === "failed" || kind === "gave-up" || kind === "unanswered";
}

function answerOf(outcome: CallOutcome): Answer {
  switch (outcome.kind) {
    case "taken":
      return { kind: "taken", status: outcome.status, json: readJson(outcome.body), body: outcome.body };
    case "refused":
    case "misconfigured":
      switch (outcome.status) {
        case 401:
          return { kind: "refused-token" };
        case 403:
          return { kind: "forbidden", words: wordsIn(outcome.body) };
        case 404:
          return { kind: "missing" };
        default:
          return { kind: "refused", status: outcome.status, words: wordsIn(outcome.body) };
      }
    case "failed":
      return { kind: "refused", status: outcome.status, words: wordsIn(outcome.body) };
    case "gave-up":
      return { kind: "unreachable", why: `a gateway answered ${outcome.status}` };
    case "limited":
      return { kind: "limited" };
    case "unanswered":
    case "unsent":
      return { kind: "unreachable", why: outcome.reason };
    case "credential-replaced":
    case "secret-unreadable":
      return { kind: "refused-token" };
    case "closed":
      return { kind: "unreachable", why: outcome.why };
  }
}

const MOST_WORDS = 200;

/** The message of an error of LaunchDarkly's, on one line. https://launchdarkly.com/docs/api#errors */
export function wordsIn(body: string): string {
  const json = readJson(body);
  const message = isObject(json) && typeof json.message === "string" ? json.message : "";
  const words = message.replaceAll(/\s+/g, " ").trim();
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}

/** The line of a check whose question was not answered. `permission`: what the token needs for it. */
export function notSeen(line: LineAbout, answer: NotTaken, permission: string): CheckLine {
  const allow = `Give its token ${permission}, then run this again.`;
  switch (answer.kind) {
    case "refused-token":
      return line.skipped("LaunchDarkly refuses the token", "Mend launchdarkly.token first.");
    case "forbidden":
      return line.skipped(`the token may not look: ${permission} is missing`, allow);
    case "missing":
      return line.skipped(`LaunchDarkly shows it nothing there (404): ${permission} may be missing`, allow);
    case "refused":
      return line.skipped(
        `LaunchDarkly answered ${answer.status}${answer.words === "" ? "" : `: ${answer.words}`}`,
        "Run it again later; if it stays, it is worth an issue with this output.",
      );
    case "limited":
      return line.skipped("LaunchDarkly's rate limit is used up", "Run it again in a minute.");
    case "unreachable":
      return line.skipped(`LaunchDarkly did not answer: ${answer.why}`, "Mend launchdarkly.token first.");
  }
}

/** The line of a check that needs a token where there is none. */
export function withoutToken(line: LineAbout, secret: string): CheckLine {
  return line.skipped(`its secret ${secret} has no token`, `Mend the secret ${secret} first.`);
}
