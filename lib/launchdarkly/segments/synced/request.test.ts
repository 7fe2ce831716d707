import * as z from "zod";
import { segmentWriterContract } from "../segment-writer.contract.ts";
import { syncedSegments } from "./request.ts";

const body = z.strictObject({
  environmentId: z.literal("client-side-id"),
  contextKind: z.literal("user"),
  batch: z.array(
    z.strictObject({
      userId: z.string(),
      cohortId: z.literal("vip"),
      cohortName: z.literal("Very important"),
      value: z.boolean(),
    }),
  ),
});

segmentWriterContract("synced", {
  open: ({ client }) =>
    syncedSegments({ client, environmentId: "client-side-id", integration: "segment-audiences" }),
  maxMembers: 1_000,
  line: "POST /base/api/v2/segment-targets/segment-audiences",
  contentType: "application/json",
  membersOf: (sent) => {
    const { batch } = body.parse(sent);
    const keysOf = (wanted: boolean) =>
      batch.filter(({ value }) => value === wanted).map(({ userId }) => userId);
    return { add: keysOf(true), remove: keysOf(false) };
  },
  // It asks for nothing.
  aside: { status: 500 },
});
