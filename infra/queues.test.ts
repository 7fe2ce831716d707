import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { packagedProject } from "../test/support/package-once.ts";
import { type Clone, cloneProject } from "../test/support/packaged-project.ts";
import { packagedTemplate, type Template } from "../test/support/packaged-template.ts";

/** What the template has for the destinations of connections.yml: one, some without a kind, fifty, and too many. */

// Each run of sls takes seconds, on a busy machine many.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const prefixed = z.object({
  Environment: z.object({
    Variables: z.object({
      QUEUE_URL_PREFIX: z.object({
        "Fn::Join": z.tuple([
          z.literal(""),
          z.tuple([
            z.object({
              "Fn::Select": z.tuple([
                z.literal(0),
                z.object({ "Fn::Split": z.tuple([z.string(), z.object({ Ref: z.string() })]) }),
              ]),
            }),
            z.string(),
          ]),
        ]),
      }),
    }),
  }),
});

describe("the variable with what stands before the names of queues", () => {
  const template = packagedTemplate(packagedProject(), "prod");
  const functions = () => template.ofType("AWS::Lambda::Function");

  test.each([
    ["AWS", "https://sqs.eu-west-1.amazonaws.com/123456789012/"],
    ["AWS in China", "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/"],
    ["an emulator", "http://127.0.0.1:4566/000000000000/"],
  ])("is right in %s, for every function and every queue", (_, base) => {
    const urlOf = (id: string) => `${base}${template.resources[id]?.Properties.QueueName}`;
    for (const [, { Properties }] of functions()) {
      const [, [select, end]] = prefixed.parse(Properties).Environment.Variables.QUEUE_URL_PREFIX["Fn::Join"];
      const [by, { Ref }] = select["Fn::Select"][1]["Fn::Split"];
      const prefix = urlOf(Ref).split(by)[0] + end;
      for (const [id] of template.ofType("AWS::SQS::Queue"))
        expect(urlOf(id).startsWith(prefix) ? urlOf(id).slice(prefix.length) : "").toMatch(
          /^(audience-operations|metric-events|flag-changes)-/,
        );
    }
    expect(functions()).toHaveLength(5);
  });
});

describe("of connections without metrics and flag changes", () => {
  const project = projectWith({ environments: ["eu"], kinds: ["audiences"] });
  let template: Template;
  beforeAll(async () => {
    template = await project.packaged();
  });
  afterAll(project.remove);

  test("there is one queue, with its dead-letter queue", () => {
    expect(template.ofType("AWS::SQS::Queue").map(([, { Properties }]) => Properties.QueueName)).toEqual([
      "flagbridge-prod-audience-operations-eu",
      "flagbridge-prod-audience-operations-eu-dead-letters",
    ]);
  });

  test("every function is there, and only the one with a queue is invoked by one", () => {
    expect(template.ofType("AWS::Lambda::Function")).toHaveLength(5);
    expect(template.ofType("AWS::Lambda::EventSourceMapping").map(([id]) => id)).toEqual([
      "AudienceDashbatcherEventSourceMappingSQSEu",
    ]);
  });

  test("nothing refers to a queue that is not there", () => {
    const all = JSON.stringify([template.resources, template.outputs]);
    const named = [...all.matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+(?:Queue|QueueName))"/g)].map(
      ([, id = ""]) => id,
    );
    expect(named.length).toBeGreaterThan(0);
    for (const id of named) expect(template.resources).toHaveProperty(id);
  });
});

const fifty = Array.from({ length: 50 }, (_, index) => `environment-${index}`);

describe("of fifty destinations", () => {
  test("audiences can be deployed, each destination with its own alarms", async () => {
    const project = projectWith({ environments: fifty, kinds: ["audiences"] });
    const template = await project.packaged();
    expect(template.ofType("AWS::Lambda::EventSourceMapping")).toHaveLength(50);
    expect(Object.keys(template.resources).length).toBeLessThanOrEqual(500);
    expect(Object.keys(template.outputs).length).toBeLessThanOrEqual(200);
    project.remove();
  });

  test("audiences and metrics are too much for one stack, which is said with its numbers and a way out", async () => {
    const project = projectWith({ environments: fifty, kinds: ["audiences", "metrics"] });
    const refused = await project.refusal();
    expect(refused).toMatch(
      /The template has \d{3} resources with 100 queues for the destinations of connections\.yml, and CloudFormation takes 500\./,
    );
    expect(refused).toContain("`alarms: together`");
    project.remove();
  });

  describe("with `alarms: together`", () => {
    const project = projectWith({ environments: fifty, kinds: ["audiences", "metrics"] });
    let template: Template;
    beforeAll(async () => {
      template = await project.packaged("--param", "alarms=together");
    });
    afterAll(project.remove);

    test("audiences and metrics can be deployed", () => {
      expect(template.ofType("AWS::Lambda::EventSourceMapping")).toHaveLength(100);
      expect(Object.keys(template.resources).length).toBeLessThanOrEqual(500);
      expect(JSON.stringify(template.resources).length).toBeLessThan(1_000_000);
    });

    test("every queue is looked at by one alarm of each sort, and none looks at more than ten metrics", () => {
      const alarms = template.ofType("AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties);
      const sorts = ["dead-letters", "waiting", "waiting-a-day", "in-flight"];
      for (const sort of sorts) {
        const ofSort = alarms.filter(({ AlarmName }) =>
          new RegExp(`^flagbridge-prod-queues-${sort}(-\\d+)?$`).test(String(AlarmName)),
        );
        const looked = ofSort.flatMap(({ Metrics }) => {
          const stats = z.array(z.object({ MetricStat: z.unknown().optional() })).parse(Metrics);
          const metrics = stats.flatMap(({ MetricStat }) =>
            MetricStat === undefined ? [] : [JSON.stringify(MetricStat)],
          );
          expect(metrics.length).toBeLessThanOrEqual(10);
          return metrics.filter((one) => one.includes("AWS/SQS"));
        });
        expect(new Set(looked).size).toBe(100);
        expect(looked).toHaveLength(100);
      }
    });

    test("the names of queues are no outputs, because there would be too many", () => {
      expect(Object.keys(template.outputs).length).toBeLessThanOrEqual(200);
      expect(Object.keys(template.outputs).filter((name) => name.endsWith("QueueName"))).toEqual([]);
    });

    test("the dashboard has a line for each queue, and no SEARCH that is too long", () => {
      const [, dashboard] = template.ofType("AWS::CloudWatch::Dashboard")[0] ?? [];
      const text = JSON.stringify(dashboard);
      for (const [, query = ""] of text.matchAll(/SEARCH\('(.*?)'/g))
        expect(query.replaceAll("\\", "").length).toBeLessThanOrEqual(1_024);
      for (const name of fifty) expect(text).toContain(`flagbridge-prod-metric-events-${name}-dead-letters`);
    });

    test("every role's policy stays as small as it is for one destination", () => {
      for (const [, { Properties }] of template.ofType("AWS::IAM::Role"))
        expect(JSON.stringify(Properties.Policies).length).toBeLessThan(4_000);
    });
  });
});

describe("connections that make queues' names too long, with concurrency that is less than the queues may ask for", () => {
  const project = projectWith({ environments: ["a".repeat(40)], kinds: ["audiences"] });
  let refused: string;
  beforeAll(async () => {
    const concurrency = ["consumerReservedConcurrency=2", "maximumConcurrency=5"];
    refused = await project.refusal(...concurrency.flatMap((param) => ["--param", param]));
  });
  afterAll(project.remove);

  test("are refused with by how much the names are too long", () => {
    expect(refused).toContain(
      "would have a name of 89 characters, and SQS takes 80: shorten the destination's name, the stage's or the service's by 9.",
    );
  });

  test("are refused with the concurrency that it takes", () => {
    expect(refused).toContain(
      "consumerReservedConcurrency is 2, and the 1 queues of audience-batcher may have 5 invocations at once: set aside 5 at least",
    );
  });
});

test("two destinations that CloudFormation cannot tell apart are refused", async () => {
  const project = projectWith({ environments: ["eu-1", "eu_1"], kinds: ["audiences"] });
  expect(await project.refusal()).toContain('cannot tell "eu_1" from another name');
  project.remove();
});

/** A clone whose one connection sends each of these kinds to each of these environments. */
function projectWith({
  environments,
  kinds,
}: {
  readonly environments: readonly string[];
  readonly kinds: readonly ("audiences" | "metrics")[];
}) {
  const clone: Clone = cloneProject();
  const sections = Object.fromEntries(kinds.map((kind) => [kind, { to: environments }]));
  writeFileSync(
    join(clone.directory, "connections.yml"),
    JSON.stringify({
      launchdarkly: Object.fromEntries(
        environments.map((name, index) => [
          name,
          { clientSideId: `id-${index}`, project: "web", environment: `e-${index}`, secret: "launchdarkly" },
        ]),
      ),
      connections: { shop: { source: "flagbridge", secret: "shop", ...sections } },
    }),
  );
  const run = (options: readonly string[]) => clone.sls(["package", "--stage", "prod", ...options]);
  return {
    remove: clone.remove,
    packaged: async (...options: readonly string[]) => {
      await run(options);
      return packagedTemplate(clone, "prod");
    },
    refusal: async (...options: readonly string[]): Promise<string> => {
      const refused = await run(options).then(
        () => undefined,
        (error: unknown) => `${Object(error).stdout}${Object(error).stderr}`,
      );
      if (refused === undefined) throw new Error("it was packaged");
      return refused;
    },
  };
}
