/** A finding of a tool about the packaged template that stays, and why. */
export type AcceptedFinding = {
  readonly rule: string;
  /** The logical ids of the resources that it is about. */
  readonly resources: RegExp;
  readonly reason: string;
};

export type Finding = { readonly rule: string; readonly resource: string; readonly message: string };

/** cfn-lint's. */
export const ACCEPTED_BY_CFN_LINT: readonly AcceptedFinding[] = [
  {
    rule: "W3005",
    resources: /LambdaFunction$|^HttpApi(RouteDefault|Stage)$/,
    reason: "osls writes DependsOn for every function, route and stage, also where a reference says the same",
  },
];

/** cdk-nag's, of its packs AwsSolutions and Serverless. */
export const ACCEPTED_BY_CDK_NAG: readonly AcceptedFinding[] = [
  {
    rule: "AwsSolutions-APIG4",
    resources: /^HttpApiRouteDefault$/,
    reason: "each sender proves itself in its own way, by a signature or a key that ingest checks: ADR 0004",
  },
  {
    rule: "AwsSolutions-DDB3",
    resources: /^ReplaysTable$/,
    reason: "the memory of signed requests is of minutes: a restored one would be of no use",
  },
  {
    rule: "AwsSolutions-IAM5",
    resources: /Role$/,
    reason:
      "the ARN of a secret ends in six characters that AWS makes up, and queues are named by their beginning",
  },
  {
    rule: "AwsSolutions-S1",
    resources: /^ServerlessDeploymentBucket$/,
    reason: "it holds packaged code that nobody but sls and CloudFormation reads; CloudTrail has who did",
  },
  {
    rule: "AwsSolutions-SMG4",
    resources: /Secret$/,
    reason: "vendors give these keys out and take them back: Secrets Manager cannot rotate them",
  },
  {
    rule: "Serverless-EventBusDLQ",
    resources: /^AuditDashlogDashsweeperEventsRuleSchedule1$/,
    reason: "a turn that is lost is made up for by the next, which begins where the last one ended",
  },
  {
    rule: "Serverless-LambdaAsyncFailureDestination",
    resources: /^AuditDashlogDashsweeperLambdaEvConf$/,
    reason: "the same; an alarm says when turns fail",
  },
  {
    rule: "Serverless-LambdaDLQ",
    resources: /LambdaFunction$/,
    reason: "it is for asynchronous calls; the queues have dead-letter queues of their own",
  },
  {
    rule: "Serverless-LambdaEventSourceMappingDestination",
    resources: /EventSourceMapping/,
    reason: "Lambda takes no such destination for SQS: the queue's redrive policy is that",
  },
  {
    rule: "Serverless-LambdaStarPermissions",
    resources: /^IngestRole$/,
    reason:
      "secretsmanager:BatchGetSecretValue takes no resource; each secret in it needs GetSecretValue too",
  },
  {
    rule: "Serverless-LambdaTracing",
    resources: /LambdaFunction$/,
    reason: "X-Ray costs by the trace: a stage that wants it turns it on",
  },
  {
    rule: "Serverless-SQSRedrivePolicy",
    resources: /DeadLetterQueue$/,
    reason: "a dead-letter queue has none behind it",
  },
];

/** The findings that nothing accepts, and what is accepted and not found any more: both empty when the list is right. */
export function compareFindings(
  findings: readonly Finding[],
  accepted: readonly AcceptedFinding[],
): { readonly notAccepted: readonly string[]; readonly notFound: readonly string[] } {
  const isOf = ({ rule, resource }: Finding, one: AcceptedFinding) =>
    one.rule === rule && one.resources.test(resource);
  return {
    notAccepted: findings
      .filter((finding) => !accepted.some((one) => isOf(finding, one)))
      .map(({ rule, resource, message }) => `${rule} ${resource}: ${message}`),
    notFound: accepted
      .filter((one) => !findings.some((finding) => isOf(finding, one)))
      .map(({ rule, resources }) => `${rule} ${resources}`),
  };
}
