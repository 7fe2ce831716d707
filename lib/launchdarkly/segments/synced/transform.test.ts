import { describe, expect, test } from "vitest";
import type { SegmentChange } from "../../../audience/segment-writer.ts";
import type { Integration } from "../../../connections/integrations.ts";
import { SHAPES } from "./transform.ts";

const segment = { id: "c1", name: "C" };
const add = { contextKey: "ana", action: "add" } as const;
const remove = { contextKey: "bob", action: "remove" } as const;
const both: SegmentChange = { segment, contextKind: "device", members: [add, remove] };
const only = (member: typeof add | typeof remove): SegmentChange => ({
  segment,
  contextKind: "device",
  members: [member],
});

describe("a change in the body of each integration", () => {
  test.each<[Integration, SegmentChange, object]>([
    [
      "segment-audiences",
      both,
      {
        environmentId: "env",
        contextKind: "device",
        batch: [
          { userId: "ana", cohortName: "C", cohortId: "c1", value: true },
          { userId: "bob", cohortName: "C", cohortId: "c1", value: false },
        ],
      },
    ],
    [
      "amplitude",
      both,
      {
        environmentId: "env",
        batch: [
          { userId: "ana", cohortName: "C", cohortId: "c1", value: true },
          { userId: "bob", cohortName: "C", cohortId: "c1", value: false },
        ],
      },
    ],
    [
      "census-synced-segments",
      both,
      {
        environment_id: "env",
        context_kind: "device",
        batch: [
          { user_id: "ana", cohort_name: "C", cohort_id: "c1", value: true },
          { user_id: "bob", cohort_name: "C", cohort_id: "c1", value: false },
        ],
      },
    ],
    [
      "rudderstack",
      both,
      {
        environmentId: "env",
        cohortId: "c1",
        cohortName: "C",
        contextKind: "device",
        listData: { add: [{ id: "ana" }], remove: [{ id: "bob" }] },
      },
    ],
    ...(["fulcrum", "sumatra-synced-segments"] as const).map(
      (integration): [Integration, SegmentChange, object] => [
        integration,
        both,
        {
          environmentId: "env",
          cohortId: "c1",
          cohortName: "C",
          contextKind: "device",
          included: { add: [{ id: "ana" }], remove: [{ id: "bob" }] },
        },
      ],
    ),
    [
      "heap-inbound",
      both,
      {
        parameters: { environment_id: "env" },
        heap: { data: { segment: { id: "c1", name: "C" }, add: [{ id: "ana" }], remove: [{ id: "bob" }] } },
      },
    ],
    ...(
      [
        [add, "add"],
        [remove, "remove"],
      ] as const
    ).map(([member, action]): [Integration, SegmentChange, object] => [
      "hightouch",
      only(member),
      {
        environmentId: "env",
        cohortId: "c1",
        cohortName: "C",
        contextKind: "device",
        action,
        members: [{ integration_distinct_id: member.contextKey }],
      },
    ]),
    ...(
      [
        [add, "add_members"],
        [remove, "remove_members"],
      ] as const
    ).map(([member, action]): [Integration, SegmentChange, object] => [
      "zeotap",
      only(member),
      {
        action,
        parameters: {
          integration_project_id: "env",
          integration_cohort_id: "c1",
          integration_cohort_name: "C",
          members: [{ integration_distinct_id: member.contextKey }],
        },
      },
    ]),
    ...(
      [
        [add, "add_member"],
        [remove, "remove_members"],
      ] as const
    ).map(([member, action]): [Integration, SegmentChange, object] => [
      "tealium-synced-segments",
      only(member),
      {
        action,
        parameters: {
          tealium_project_id: "env",
          tealium_cohort_id: "c1",
          tealium_cohort_name: "C",
          members: [{ member_id: member.contextKey }],
        },
      },
    ]),
  ])("%s", (integration, change, expected) => {
    expect(SHAPES[integration].body("env", change)).toEqual(expected);
  });

  test("no removal carries an action that the published matcher takes for an add", () => {
    const { body } = SHAPES["tealium-synced-segments"];
    expect(body("env", only(remove)).action).not.toMatch(/^(add_member|remove_member)$/);
  });

  test("an integration with one action for all members refuses a mixture", () => {
    expect(() => SHAPES.hightouch.body("env", both)).toThrow(RangeError);
  });
});
