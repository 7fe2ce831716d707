import { type CloudWatchClient, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";

/** An alarm, and how many it tells when it rings: topics, mostly. */
export type AlarmActions = { readonly name: string; readonly actions: number };

/** Lists the alarms whose names begin so. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
export function createAlarmActions(
  client: CloudWatchClient,
): (namePrefix: string) => Promise<readonly AlarmActions[]> {
  return async (namePrefix) => {
    const found: AlarmActions[] = [];
    const query = { AlarmNamePrefix: namePrefix };
    for await (const page of paginateDescribeAlarms({ client }, query))
      for (const { AlarmName = "", AlarmActions = [], ActionsEnabled } of page.MetricAlarms ?? [])
        found.push({ name: AlarmName, actions: ActionsEnabled === false ? 0 : AlarmActions.length });
    return found;
  };
}
