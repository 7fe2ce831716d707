import type { Connection } from "../../lib/connections/schema.ts";
import { notSeen, withoutToken } from "./ask.ts";
import { type Check, type CheckLine, lineAbout } from "./check.ts";
import type { AskedEnvironment, EnvironmentToAsk } from "./launchdarkly-environment.ts";

const PATH = "/api/v2/auditlog";
const MAX_PAGE_BYTES = 16 * 1_024 * 1_024;

/** May the token of a sweep read the audit log by each of its specifiers? */
export function auditLogCheck(
  environment: EnvironmentToAsk,
  sweeper: { readonly name: string; readonly sweep: NonNullable<Connection["sweep"]> },
): Check {
  const line = lineAbout("audit-log.read", `connections.${sweeper.name} → ${environment.subject}`);
  const { spec: specs } = sweeper.sweep;
  return {
    title: `connections.${sweeper.name}`,
    line,
    run: async () => {
      const { asked, settings } = environment;
      if (!asked) return [withoutToken(line, settings.secret)];
      const lines = await Promise.all(specs.map((spec) => readable(spec, asked)));
      const bad = lines.filter(({ status }) => status !== "ok");
      if (bad.length > 0) return bad;
      return [line.ok(`the token reads the audit log by ${specs.join(" and ")}`)];
    },
  };

  async function readable(spec: string, { ask }: AskedEnvironment): Promise<CheckLine> {
    const query = new URLSearchParams({ limit: "1", spec });
    const answer = await ask({
      method: "GET",
      path: `${PATH}?${query}`,
      route: PATH,
      maxAnswerBytes: MAX_PAGE_BYTES,
    });
    switch (answer.kind) {
      case "taken":
        return line.ok("");
      case "forbidden":
        return line.failed(
          `the token of ${environment.subject} may not read the audit log (403): the sweep finds nothing that the webhook missed`,
          "Use a token whose role includes the rights of a Reader, or remove `sweep` from the connection.",
        );
      case "refused":
        return answer.status >= 500
          ? notSeen(line, answer, "reading the audit log (the role Reader)")
          : line.failed(
              `LaunchDarkly refuses the specifier ${spec} (${answer.status}): ${answer.words}`,
              "Correct `sweep.spec` of the connection: https://launchdarkly.com/docs/home/account/role-resources",
            );
      default:
        return notSeen(line, answer, "reading the audit log (the role Reader)");
    }
  }
}
