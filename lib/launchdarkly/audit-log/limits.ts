/** Entries of one page, the most that LaunchDarkly gives. https://launchdarkly.com/docs/api/audit-log/get-audit-log-entries */
export const MAX_PAGE_ENTRIES = 20;
/** Bytes of an answer that are read: LaunchDarkly names no limit, and an entry may describe a flag of several MB. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
