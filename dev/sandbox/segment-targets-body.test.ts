import { describe, expect, test } from "vitest";
import { readSegmentTargets } from "./segment-targets-body.ts";
import { segmentTargetsShapes } from "./segment-targets-shapes.ts";

function read(integration: string, body: unknown) {
  const shape = segmentTargetsShapes.get(integration);
  if (!shape) throw new Error(`no shape for ${integration}`);
  return readSegmentTargets(shape, body);
}

const cohort = { cohortId: "c1", cohortName: "Cohort" };
const addAnd = (removal: string) => [
  { key: "a", action: "add" },
  { key: removal, action: "remove" },
];

describe("the body of each integration is read as its manifest says", () => {
  test.each([
    [
      "segment-audiences",
      {
        environmentId: "env",
        contextKind: "device",
        batch: [
          { userId: "a", ...cohort, value: true },
          { userId: "b", ...cohort, value: false },
        ],
      },
      { contextKind: "device", changes: addAnd("b") },
    ],
    [
      "amplitude",
      {
        environmentId: "env",
        contextKind: "device",
        batch: [
          { userId: "a", ...cohort, cohortUrl: "u", value: true },
          { userId: "b", ...cohort, cohortUrl: "u", value: false },
        ],
      },
      { contextKind: "user", changes: addAnd("b") },
    ],
    [
      "census-synced-segments",
      {
        environment_id: "env",
        context_kind: "device",
        batch: [
          { user_id: "a", cohort_id: "c1", cohort_name: "Cohort", value: true },
          { user_id: "b", cohort_id: "c1", cohort_name: "Cohort", value: false },
        ],
      },
      { contextKind: "device", changes: addAnd("b") },
    ],
    [
      "rudderstack",
      {
        environmentId: "env",
        ...cohort,
        contextKind: "device",
        listData: { add: [{ id: "a" }], remove: [{ id: "b" }] },
      },
      { contextKind: "device", changes: addAnd("b") },
    ],
    [
      "rudderstack",
      { environmentId: "env", ...cohort, listData: { remove: [{ id: "b" }] } },
      { contextKind: "user", changes: [{ key: "b", action: "remove" }] },
    ],
    [
      "fulcrum",
      { environmentId: "env", ...cohort, included: { add: [{ id: "a" }], remove: [{ id: "b" }] } },
      { contextKind: "user", changes: addAnd("b") },
    ],
    [
      "sumatra-synced-segments",
      { environmentId: "env", ...cohort, included: { add: [{ id: "a" }], remove: [{ id: "b" }] } },
      { contextKind: "user", changes: addAnd("b") },
    ],
    [
      "heap-inbound",
      {
        parameters: { environment_id: "env" },
        heap: { data: { segment: { id: "c1", name: "Cohort" }, add: [{ id: "a" }], remove: [{ id: "b" }] } },
      },
      { contextKind: "user", changes: addAnd("b") },
    ],
  ])("%s", (integration, body, expected) => {
    expect(read(integration, body)).toEqual({
      ok: true,
      targets: { environmentId: "env", ...cohort, ...expected },
    });
  });

  const hightouch = (action: string) => ({
    environmentId: "env",
    ...cohort,
    action,
    members: [{ integration_distinct_id: "a" }],
  });
  const zeotap = (action: string) => ({
    action,
    parameters: {
      integration_project_id: "env",
      integration_cohort_id: "c1",
      integration_cohort_name: "Cohort",
      members: [{ integration_distinct_id: "a" }],
    },
  });
  const tealium = (action: string) => ({
    action,
    parameters: {
      tealium_project_id: "env",
      tealium_cohort_id: "c1",
      tealium_cohort_name: "Cohort",
      members: [{ member_id: "a" }],
    },
  });
  test.each([
    ["hightouch", hightouch, "add", "add"],
    ["hightouch", hightouch, "remove", "remove"],
    ["zeotap", zeotap, "members", "add"],
    ["zeotap", zeotap, "add_members", "add"],
    ["zeotap", zeotap, "remove_members", "remove"],
    ["tealium-synced-segments", tealium, "add_member", "add"],
    ["tealium-synced-segments", tealium, "remove_member", "add"],
    ["tealium-synced-segments", tealium, "remove_members", "remove"],
  ])("%s, whose action decides", (integration, body, action, expected) => {
    expect(read(integration, body(action))).toMatchObject({
      ok: true,
      targets: { ...cohort, contextKind: "user", changes: [{ key: "a", action: expected }] },
    });
  });
});

describe("a body that cannot be read is refused by the place of what is wrong", () => {
  const member = { userId: "a", ...cohort, value: true };
  const body = { environmentId: "env", contextKind: "user", batch: [member] };
  test.each([
    ["no object", 1, "/batch: expected a list"],
    ["no members", { ...body, batch: [] }, "/batch/0/cohortId: expected a text"],
    ["no environment", { ...body, environmentId: undefined }, "/environmentId: expected a text"],
    ["an empty context kind", { ...body, contextKind: "" }, "/contextKind: expected a text"],
    [
      "no member id",
      { ...body, batch: [member, { ...member, userId: undefined }] },
      "/batch/1/userId: expected a text",
    ],
    [
      "an empty member id",
      { ...body, batch: [{ ...member, userId: "" }] },
      "/batch/0/userId: expected a text",
    ],
    [
      "a number for a member id",
      { ...body, batch: [{ ...member, userId: 1 }] },
      "/batch/0/userId: expected a text",
    ],
    [
      "no membership",
      { ...body, batch: [{ ...member, value: undefined }] },
      "/batch/0/value: expected true or false",
    ],
    [
      "a text for membership",
      { ...body, batch: [{ ...member, value: "true" }] },
      "/batch/0/value: expected true or",
    ],
    [
      "no cohort name",
      { ...body, batch: [{ ...member, cohortName: "" }] },
      "/batch/0/cohortName: expected a text",
    ],
    ["two cohorts", { ...body, batch: [member, { ...member, cohortId: "c2" }] }, "one cohort per request"],
    ["1,001 members", { ...body, batch: Array(1_001).fill(member) }, "at most 1000 members, got 1001"],
    [
      "an inherited property",
      { ...body, batch: [Object.create(member)] },
      "/batch/0/cohortId: expected a text",
    ],
  ])("%s", (_, broken, message) => {
    expect(read("segment-audiences", broken)).toEqual({
      ok: false,
      message: expect.stringContaining(message),
    });
  });
});
