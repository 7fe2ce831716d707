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
