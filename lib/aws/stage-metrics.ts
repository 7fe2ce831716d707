import {
  type CloudWatchClient,
  type MetricDataQuery,
  paginateDescribeAlarms,
  paginateGetMetricData,
} from "@aws-sdk/client-cloudwatch";

/** A destination that limited us or was left alone within the last quarter of an hour. */
export type LimitSeen = {
  /** As metrics name it: `launchdarkly`, or the destination's name in connections.yml. */
  readonly destination: string;
  readonly what: "answered-429" | "closed";
  readonly count: number;
};

export type RingingAlarm = { readonly name: string; readonly since: string; readonly description: string };

/** What CloudWatch knows of a stage. Its metrics are some minutes behind. */
export type StageMetrics = {
  /** By the queue's name; a queue without waiting messages has no value. */
  readonly oldestSeconds: (queueNames: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Errors of the last hour by the function's name. */
  readonly errorsOfLastHour: (functionNames: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly limitsSeen: () => Promise<readonly LimitSeen[]>;
  readonly ringingAlarms: () => Promise<readonly RingingAlarm[]>;
};

export function createStageMetrics(
  client: CloudWatchClient,
  given: {
    /** `flagbridge-prod-`, which the names of its alarms begin with. */
    readonly namePrefix: string;
    /** `flagbridge/prod` */
    readonly metricsNamespace: string;
    readonly now: () => number;
  },
): StageMetrics {
  const { namePrefix, metricsNamespace, now } = given;
  return {
    oldestSeconds: (names) =>
      newestByName(client, names, now(), {
        minutes: 15,
        metric: (name) => ({
          Namespace: "AWS/SQS",
          MetricName: "ApproximateAgeOfOldestMessage",
          Dimensions: [{ Name: "QueueName", Value: name }],
        }),
        stat: "Maximum",
        period: 60,
      }),
    errorsOfLastHour: (names) =>
      newestByName(client, names, now(), {
        minutes: 60,
        metric: (name) => ({
          Namespace: "AWS/Lambda",
          MetricName: "Errors",
          Dimensions: [{ Name: "FunctionName", Value: name }],
        }),
        stat: "Sum",
        period: 3_600,
      }),
    limitsSeen: async () => {
      const [limited, closed] = await Promise.all([
        search(
          client,
          `{"${metricsNamespace}",service,destination,status} MetricName="Requests" status="429"`,
          now(),
        ),
        search(client, `{"${metricsNamespace}",service,destination} MetricName="DestinationClosed"`, now()),
      ]);
      return [
        ...limited.map((one) => ({ ...one, what: "answered-429" as const })),
        ...closed.map((one) => ({ ...one, what: "closed" as const })),
      ];
    },
    ringingAlarms: async () => {
      const alarms: RingingAlarm[] = [];
      const input = { AlarmNamePrefix: namePrefix, StateValue: "ALARM" as const };
      for await (const page of paginateDescribeAlarms({ client }, input))
        for (const { AlarmName = "", AlarmDescription = "", StateUpdatedTimestamp } of page.MetricAlarms ??
          [])
          alarms.push({
            name: AlarmName,
            since: StateUpdatedTimestamp?.toISOString() ?? "",
            description: AlarmDescription,
          });
      return alarms;
    },
  };
}

type Asked = {
  readonly minutes: number;
  readonly metric: (name: string) => NonNullable<NonNullable<MetricDataQuery["MetricStat"]>["Metric"]>;
  readonly stat: string;
  readonly period: number;
};

async function newestByName(
  client: CloudWatchClient,
  names: readonly string[],
  nowMs: number,
  { minutes, metric, stat, period }: Asked,
): Promise<ReadonlyMap<string, number>> {
  const queries = names.map(
    (name, at): MetricDataQuery => ({
      Id: `q${at}`,
      MetricStat: { Metric: metric(name), Stat: stat, Period: period },
    }),
  );
  const values = new Map<string, number>();
  for await (const { id, value } of newestValues(client, queries, { nowMs, minutes })) {
    const name = names[Number(id.slice(1))];
    if (name !== undefined) values.set(name, value);
  }
  return values;
}

async function search(
  client: CloudWatchClient,
  expression: string,
  nowMs: number,
): Promise<readonly { readonly destination: string; readonly count: number }[]> {
  const query: MetricDataQuery = {
    Id: "found",
    Expression: `SEARCH('${expression}', 'Sum', 900)`,
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
    Label: `\${PROP('Dim.destination')}`,
  };
  const found: { destination: string; count: number }[] = [];
  for await (const { label, value } of newestValues(client, [query], { nowMs, minutes: 15 }))
    if (value > 0) found.push({ destination: label, count: value });
  return found;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html takes 500 queries a call. */
const QUERIES_A_CALL = 500;

async function* newestValues(
  client: CloudWatchClient,
  queries: readonly MetricDataQuery[],
  { nowMs, minutes }: { readonly nowMs: number; readonly minutes: number },
): AsyncGenerator<{ readonly id: string; readonly label: string; readonly value: number }> {
  for (let start = 0; start < queries.length; start += QUERIES_A_CALL) {
    const input = {
      MetricDataQueries: queries.slice(start, start + QUERIES_A_CALL),
      StartTime: new Date(nowMs - minutes * 60_000),
      EndTime: new Date(nowMs),
      ScanBy: "TimestampDescending" as const,
    };
    for await (const page of paginateGetMetricData({ client }, input))
      for (const { Id = "", Label = "", Values = [] } of page.MetricDataResults ?? []) {
        const [value] = Values;
        if (value !== undefined) yield { id: Id, label: Label, value };
      }
  }
}
