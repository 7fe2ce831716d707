import * as z from "zod";
import { listSegments } from "./list.ts";
import { segmentWriterContract } from "./segment-writer.contract.ts";

const body = z.strictObject({
  environmentKey: z.literal("test"),
  instructions: z
    .array(
      z.strictObject({
        kind: z.enum(["addIncludedTargets", "removeIncludedTargets"]),
        contextKind: z.literal("user"),
        values: z.array(z.string()).min(1),
      }),
    )
    .min(1),
});

segmentWriterContract("list", {
  open: (settings) => listSegments({ ...settings, project: "web", environment: "test" }),
  maxMembers: 1_500,
  line: "PATCH /base/api/v2/segments/web/test/vip",
  contentType: "application/json; domain-model=launchdarkly.semanticpatch",
  membersOf: (sent) => {
    const { instructions } = body.parse(sent);
    const keysOf = (wanted: string) =>
      instructions.flatMap(({ kind, values }) => (kind === wanted ? values : []));
    return { add: keysOf("addIncludedTargets"), remove: keysOf("removeIncludedTargets") };
  },
  aside: { status: 200, body: JSON.stringify({ key: "vip", unbounded: false, included: ["eve"] }) },
});
