import { isObject, type Json } from "../json.ts";
import { keyOf, readResource } from "./resource.ts";

type Access = { readonly action: string; readonly resource: string };

/**
 * Says whether an access turned its flag on or off; undefined when it did neither, or nothing says which. `updateOn` can
 * mean both: the title's verb tells. For an entry with several edits, whose verb is "updated the flag", the versions before
 * and after tell. If they disagree, the verb is right, because LaunchDarkly shows it.
 */
export function directionsOf(entry: Json): (access: Access) => boolean | undefined {
  const verb = saidBy(entry.titleVerb);
  // The title also contains the flag's name, which can be any text, so it counts only when there is no verb.
  const said = typeof entry.titleVerb === "string" && entry.titleVerb !== "" ? verb : saidBy(entry.title);
  return ({ action, resource }) => {
    if (action !== "updateOn") return undefined;
    if (said !== undefined) return said;
    const environment = keyOf(readResource(resource), "env");
    if (environment === undefined) return undefined;
    return isOnIn(entry.currentVersion, environment);
  };
}

function saidBy(text: unknown): boolean | undefined {
  const [, direction] = /\bturned (on|off)\b/i.exec(typeof text === "string" ? text : "") ?? [];
  return direction === undefined ? undefined : direction.toLowerCase() === "on";
}

function isOnIn(version: unknown, environment: string): boolean | undefined {
  const settings = memberOf(memberOf(version, "environments"), environment);
  const on = memberOf(settings, "on");
  return typeof on === "boolean" ? on : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
