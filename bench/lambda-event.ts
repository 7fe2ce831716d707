import type { SQSRecord } from "aws-lambda";

/** What Lambda hands over at most, records with all their attributes. */
export const EVENT_BYTES = 6 * 1_024 * 1_024;
export const MAX_RECORDS = 10_000;

/** What a record takes of an event, without the comma behind it. */
export function bytesOf(record: SQSRecord): number {
  return JSON.stringify(record).length;
}
