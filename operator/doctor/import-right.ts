import { destinationCall } from "../../lib/http/destination-call.ts";
import { limitOf } from "../../lib/http/rate-limit.ts";
import { urlsOf } from "../../lib/launchdarkly/instances.ts";
import { CALLER_IDENTITY, notSeen, withoutToken } from "./ask.ts";
import { type Check, type CheckLine, lineAbout } from "./check.ts";
import type { AskedEnvironment, EnvironmentPorts, EnvironmentToAsk } from "./launchdarkly-environment.ts";

const TIMEOUT_MS = 15_000;
/** LaunchDarkly's tokens begin with `api-`: no account has this one. */
const NO_TOKEN = "flagbridge-doctor-is-no-token";

/**
 * May the token import metric events? An import without events is refused for that (400), whoever sends it may import. Whether the token
 * is looked at first shows a second one, with a token that nobody has: then 401.
 * https://launchdarkly.com/docs/home/metrics/import-events
 */
export function importRightCheck(
  environment: EnvironmentToAsk,
  ports: Pick<EnvironmentPorts, "http" | "now" | "limits" | "version">,
): Check {
  const line = lineAbout("metrics.import", environment.subject);
  return {
    title: environment.subject,
    line,
    run: async () => {
      const { asked, settings } = environment;
      return [asked ? await importLine(asked) : withoutToken(line, settings.secret)];
    },
  };

  async function importLine({ token, ask }: AskedEnvironment): Promise<CheckLine> {
    const own = await importNothing(token);
    if (own === 401 || own === 403) {
      // It is also the answer to a token that is not valid.
      const identity = await ask({ method: "GET", path: CALLER_IDENTITY, route: CALLER_IDENTITY });
      if (identity.kind !== "taken") return notSeen(line, identity, "importEventData");
      return line.failed(
        `LaunchDarkly refuses an import with this token (${own}): importEventData is missing`,
        "Give the token's role importEventData on proj/*:env/*, or set metrics.route: client-side.",
      );
    }
    if (own === 404)
      return line.failed(
        "LaunchDarkly knows no such project and environment to import to (404)",
        "Mend launchdarkly.environment first.",
      );
    if (own !== 400 && own !== 202)
      return line.skipped(
        `an import without events was answered ${own}, which says nothing`,
        "Run it again later.",
      );
    const nobodys = await importNothing(NO_TOKEN);
    if (nobodys === 401 || nobodys === 403)
      return line.ok("the token may import metric events (importEventData)");
    return line.skipped(
      `LaunchDarkly answers an import without events (${own}) before it looks at the token`,
      "Send one event (npx flagbridge send) and see whether the alarm launchdarkly-events-401 stays quiet.",
    );
  }

  async function importNothing(token: string): Promise<number | string> {
    const { instance, project = "", environment: key = "" } = environment.settings;
    const { events } = urlsOf(instance);
    const outcome = await destinationCall(
      () =>
        ports.http.send({
          method: "POST",
          url: `${events}/v2/event-data-import/${encodeURIComponent(project)}/${encodeURIComponent(key)}`,
          headers: {
            authorization: token,
            "content-type": "application/json",
            "x-launchdarkly-event-schema": "4",
            "user-agent": `MetricImport-Flagbridge-int/${ports.version}`,
          },
          body: "[]",
          timeoutMs: TIMEOUT_MS,
        }),
      { now: ports.now, limit: limitOf(ports.limits, { account: events }) },
      { meanings: { 400: "refused" }, route: "POST /v2/event-data-import" },
    );
    return "status" in outcome ? outcome.status : "reason" in outcome ? outcome.reason : outcome.kind;
  }
}
