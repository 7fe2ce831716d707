import * as z from "zod";
import { MEMBERS_DIALECTS, type MembersDialect } from "../../../lib/sources/members.ts";
import { contextKey, segmentId, segmentIdOrNumber, segmentName } from "./parts.ts";

/** The bodies of Tealium, Zeotap and Mixpanel, by the tables that their parser reads them with. */
function membersBody(
  dialect: MembersDialect,
  { id, list }: { readonly id: z.ZodType; readonly list: "required" | "optional" },
): z.ZodObject {
  const { prefix, actions, keys, requestKeys } = dialect;
  const members = z.array(z.object(keysOf([...keys.values()].flat())));
  return z.object({
    action: z.enum([...actions.keys()]),
    parameters: z.object({
      [`${prefix}cohort_id`]: id,
      [`${prefix}cohort_name`]: segmentName.nullish(),
      ...keysOf([...(requestKeys?.values() ?? [])]),
      members: list === "required" ? members : members.nullish(),
    }),
  });
}

function keysOf(fields: readonly string[]): Record<string, z.ZodType> {
  return Object.fromEntries(fields.map((field) => [field, contextKey.nullish()]));
}

const required = { id: segmentId, list: "required" } as const;

export const tealium = membersBody(MEMBERS_DIALECTS.tealium, required);
export const zeotap = membersBody(MEMBERS_DIALECTS.zeotap, required);
export const mixpanel = membersBody(MEMBERS_DIALECTS.mixpanel, {
  id: segmentIdOrNumber,
  list: "optional",
});
