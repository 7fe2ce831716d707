"use strict";

const { LIMITS } = require("./limits.cjs");

/** The statement of a function's role that the names are put into; each function.yml has it with every secret of the stage. */
const SID = "ReadSecretsOfThisStage";

/** What parameters add to a role, which counts as well: a key of queues, secrets (infra/encryption.cjs) and tables, and traces (infra/platform.cjs). */
const OTHER_POLICIES_CHARACTERS = 900;

/** What CloudFormation puts in for these, at its longest. */
const LONGEST = { Partition: "aws-us-gov", Region: "ap-northeast-1", AccountId: "123456789012" };

/** The names of the secrets that each function reads, by the role that it has. */
function secretsByRole({ launchdarkly = {}, posthog = {}, connections }) {
  const namesOf = (part) => [...new Set(Object.values(part).map(({ secret }) => secret))];
  const swept = Object.values(connections).flatMap(({ sweep }) => (sweep ? [launchdarkly[sweep.using]] : []));
  return {
    IngestRole: namesOf(connections),
    // Of every environment and project: what was accepted before a connection left it is delivered still.
    AudienceBatcherRole: namesOf(launchdarkly),
    MetricForwarderRole: namesOf(launchdarkly),
    PosthogForwarderRole: namesOf(posthog),
    AuditLogSweeperRole: namesOf(swept),
    // It reads back from every environment that a segment is in.
    ...(Object.values(connections).some(({ erasures }) => erasures) && { EraserRole: namesOf(launchdarkly) }),
  };
}

/**
 * Narrows each role to the secrets of its function. A list that is too long for IAM gives way to all of the stage but those of the
 * other functions, which are denied; where that is too long as well, the deploy would fail in its middle, and `problems` says so.
 */
function narrowSecrets(resources, connections, { namePrefix }) {
  const byRole = secretsByRole(connections);
  const all = new Set(Object.values(byRole).flat());
  const notices = [];
  const problems = [];
  for (const [role, names] of Object.entries(byRole)) {
    const { PolicyDocument } = resources[role].Properties.Policies[0];
    const at = PolicyDocument.Statement.findIndex(({ Sid }) => Sid === SID);
    const wide = PolicyDocument.Statement[at];
    const others = PolicyDocument.Statement.toSpliced(at, 1);
    // Secrets Manager makes up a hyphen and six characters behind the name.
    // https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html#iam-policies-wildcards
    const arns = (some) =>
      some.map((name) => ({
        "Fn::Sub": `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${namePrefix}${name}-??????`,
      }));
    const only = names.length === 0 ? [] : [{ ...wide, Sid: "ReadItsSecrets", Resource: arns(names) }];
    const denied = [...all].filter((name) => !names.includes(name));
    const rest = [
      wide,
      ...(denied.length === 0
        ? []
        : [{ ...wide, Sid: "LeaveOthersSecrets", Effect: "Deny", Resource: arns(denied) }]),
    ];
    const fits = (statements) =>
      charactersOf([...others, ...statements]) <= LIMITS.rolePolicyCharacters - OTHER_POLICIES_CHARACTERS;
    const numbers =
      `${role}: a policy with its ${names.length} secrets by name has ${charactersOf([...others, ...only])} characters, ` +
      `and IAM takes ${LIMITS.rolePolicyCharacters}, ${OTHER_POLICIES_CHARACTERS} of them for a key and traces`;
    if (fits(only)) PolicyDocument.Statement = [...others, ...only];
    else if (fits(rest)) {
      PolicyDocument.Statement = [...others, ...rest];
      notices.push(
        `${numbers}: it may read every secret of the stage but the ${denied.length} of other functions.`,
      );
    } else {
      problems.push(
        `${numbers}; without the ${denied.length} of other functions it has ${charactersOf([...others, ...rest])}. ` +
          "Let several connections share a secret, or give some of them a stage of their own.",
      );
    }
  }
  return { notices, problems };
}

/** As IAM counts, without blanks. */
function charactersOf(statements) {
  const text = JSON.stringify({ Version: "2012-10-17", Statement: statements })
    .replaceAll(/\{"Fn::Sub":("[^"]*")\}/g, "$1")
    // The ARN of a log group or table, with room for long names.
    .replaceAll(/\{"Fn::GetAtt":\[[^\]]*\]\}/g, `"${"x".repeat(160)}"`)
    .replaceAll(/\$\{AWS::(\w+)\}/g, (_, name) => LONGEST[name] ?? "");
  return text.length;
}

module.exports = { secretsByRole, narrowSecrets };
