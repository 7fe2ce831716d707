import { RegoEngine, TemplateFile } from "@aws/cloudformation-validate";
import type { Template } from "./packaged-template.ts";

/** What the validator warns of and what stays as it is, with the reason. Errors have no such list. */
const ACCEPTED: Readonly<Record<string, string>> = {
  W3005: "osls writes DependsOn where a reference already says so: it changes nothing",
  W9013: "the ARNs of a topic and a key are the operator's: they may be of another account",
};

/** Errors and warnings of the validator, but for those accepted. */
export function complaints({ path }: Template): string[] {
  const engine = new RegoEngine();
  try {
    return engine
      .validateStandard(new TemplateFile(path))
      .diagnostics.filter(({ severity }) => severity !== "INFO" && severity !== "DEBUG")
      .filter(({ severity, ruleId }) => severity !== "WARN" || !Object.hasOwn(ACCEPTED, ruleId))
      .map(({ ruleId, message, entity }) => `${ruleId} ${entity?.logicalId}: ${message}`);
  } finally {
    engine.free();
  }
}
