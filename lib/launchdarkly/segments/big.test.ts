import * as z from "zod";
import { bigSegments } from "./big.ts";
import { segmentWriterContract } from "./segment-writer.contract.ts";

const body = z.strictObject({
  included: z.strictObject({ add: z.array(z.string()), remove: z.array(z.string()) }),
});

segmentWriterContract("big", {
  open: (settings) => bigSegments({ ...settings, project: "web", environment: "test" }),
  maxMembers: 1_000,
  line: "POST /base/api/v2/segments/web/test/vip/contexts",
  contentType: "application/json",
  membersOf: (sent) => body.parse(sent).included,
  aside: {
    status: 200,
    body: JSON.stringify({ key: "vip", unbounded: true, unboundedContextKind: "user" }),
  },
});
