import { MPARTICLE_DEVICE_IDENTITIES } from "../connections/source-traits.ts";
import { isObject, type Json } from "../json.ts";
import { contextKeyOf } from "./context.ts";
import { fault, type ItemFault, isAbsent } from "./items.ts";

export const MPID = "mpid";
/** The partner identity, whatever type the organization has registered with mParticle: there is only one. */
export const PARTNER = "partner";

/**
 * Returns the keys of a profile under the first of the names that it has. A profile may have several identities of one type,
 * for example one per device. An invalid key is a fault in its place. The result is never empty.
 */
export function keysIn(profile: Json, names: readonly string[]): readonly (string | ItemFault)[] {
  for (const name of names) {
    const keys = keysNamed(profile, name);
    if (keys.length > 0) return keys;
  }
  const [only = "", ...others] = names;
  return [
    fault("missing_context_key", "", `expected ${others.length === 0 ? only : `one of ${names.join(", ")}`}`),
  ];
}

function keysNamed(profile: Json, name: string): readonly (string | ItemFault)[] {
  if (name === MPID) return isMissing(profile.mpid) ? [] : [contextKeyOf(profile.mpid, MPID)];
  const list = listOf(name);
  const identities = profile[list];
  if (isAbsent(identities)) return [];
  if (!Array.isArray(identities)) return [fault("invalid_item", list, "expected a list")];
  return identities.flatMap((identity, index) => {
    if (!isObject(identity) || !isNamed(identity.type, name) || isMissing(identity.value)) return [];
    if (!isAbsent(identity.encoding) && identity.encoding !== "raw") {
      // LaunchDarkly knows no context by a hash, and a member added under one would never be removed.
      return [fault("invalid_context_key", `${list}[${index}].encoding`, "expected raw")];
    }
    return [contextKeyOf(identity.value, `${list}[${index}].value`)];
  });
}

function listOf(name: string): "user_identities" | "device_identities" | "partner_identities" {
  if (name === PARTNER) return "partner_identities";
  return MPARTICLE_DEVICE_IDENTITIES.includes(name) ? "device_identities" : "user_identities";
}

/** mParticle lists the organization's cookie-sync id among the partner identities under this name. */
function isNamed(type: unknown, name: string): boolean {
  return name === PARTNER ? typeof type === "string" && type !== "$cookie_sync_id" : type === name;
}

function isMissing(value: unknown): boolean {
  return isAbsent(value) || value === "";
}
