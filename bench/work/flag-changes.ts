import type { FlagChange } from "../../lib/messages/flag-changes.ts";

const AT_MS = 1_795_694_400_000;

/** A flag turned on in production by a member, as the audit log says it. */
export function flagChanges(first: number, count: number): FlagChange[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const flag = `flag-${number % 300}`;
    return {
      id: `6927${String(number).padStart(20, "0")}`,
      entryId: `6927${String(number).padStart(20, "0")}`,
      accountId: "569f183514f4432160000007",
      at: AT_MS + number,
      index,
      kind: "flag",
      name: `Flag ${number % 300}`,
      title: `[Ana Example](mailto:ana@example.com) turned on the flag [Flag ${number % 300}](https://app.launchdarkly.com/default/production/features/${flag}) in Production`,
      titleVerb: "turned on the flag",
      description: "",
      comment: "",
      accesses: [{ action: "updateOn", resource: `proj/default:env/production:flag/${flag}`, on: true }],
      tags: ["checkout", "web"],
      site: `/default/production/features/${flag}`,
      member: {
        id: "569f183514f4432160000008",
        email: "ana@example.com",
        firstName: "Ana",
        lastName: "Example",
      },
    };
  });
}
