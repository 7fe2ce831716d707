import { uuidsIn } from "../../messages/uuid.ts";

/** Flagbridge's own namespace of payload ids. Fixed for ever: another one would send what is under way a second time. */
const payloadUuid = uuidsIn("3c1f9a52-6d0e-4b4e-9a37-5f1c8f0b7d21");

/**
 * `X-LaunchDarkly-Payload-ID` of a request: the same for the same events to the same environment, in whatever order,
 * so that LaunchDarkly recognizes a repetition. https://launchdarkly.com/docs/home/metrics/import-events
 */
export function payloadId(environmentId: string, eventIds: readonly string[]): string {
  return payloadUuid(JSON.stringify([environmentId, ...[...eventIds].sort()]));
}
