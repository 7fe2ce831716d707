"use strict";

const z = require("zod");

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const whole = (least, most) => z.coerce.number().int().min(least).max(most);
const none = z.literal("none");
const trueOrFalse = z.literal([true, false, "true", "false"]);

/** Up to 45 of the 50 that a resource takes, in the characters that every service takes; `aws:` is AWS's own. */
const TAGS =
  /^(?!aws:)[\w .:/+@-]{1,128}=[\w .:/+@-]{0,256}(,(?!aws:)[\w .:/+@-]{1,128}=[\w .:/+@-]{0,256}){0,44}$/i;

/** Every parameter: what it may be, in words and as a check, and one to copy. serverless.yml says what each is for. */
const PARAMETERS = {
  // Lambda wants a second at least for batches of more than ten; the queues' visibility timeout has room for sixty.
  batchingWindow: ["whole seconds from 1 to 60", whole(1, 60), "5"],
  // A warm function takes up to 361 for what is largest (bench/results/memory.json), and Lambda gives CPU by memory.
  memory: ["whole megabytes from 512 to 10240", whole(512, 10_240), "1024"],
  maximumConcurrency: ["a whole number from 2 to 1000", whole(2, 1_000), "2"],
  throttlingRate: ["whole requests a second, at least 1", whole(1, 1_000_000), "500"],
  throttlingBurst: ["a whole number of requests, at least 1", whole(1, 1_000_000), "1000"],
  ingestReservedConcurrency: ["none, or a whole number from 1", none.or(whole(1, 1_000_000)), "none"],
  consumerReservedConcurrency: ["none, or a whole number from 2", none.or(whole(2, 1_000_000)), "none"],
  logRetentionDays: [
    `one of ${RETENTION_DAYS.join(", ")}`,
    z.coerce.number().refine((days) => RETENTION_DAYS.includes(days)),
    "14",
  ],
  logLevel: ["DEBUG, INFO, WARN or ERROR", z.enum(["DEBUG", "INFO", "WARN", "ERROR"]), "INFO"],
  alarmTopicArn: [
    "none, or the ARN of an SNS topic",
    none.or(z.string().regex(/^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]+$/)),
    "arn:aws:sns:us-east-1:123456789012:alarms",
  ],
  alarms: ["each or together", z.enum(["each", "together"]), "each"],
  kmsKeyArn: [
    "none, or the ARN of a KMS key (not of an alias)",
    none.or(z.string().regex(/^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/)),
    "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
  ],
  permissionsBoundaryArn: [
    "none, or the ARN of an IAM policy",
    none.or(z.string().regex(/^arn:aws[\w-]*:iam::(?:\d{12}|aws):policy\/[\w+=,.@/-]+$/)),
    "arn:aws:iam::123456789012:policy/boundary",
  ],
  stackTags: [
    "none, or tags as name=value,name=value without quotes",
    none.or(z.string().regex(TAGS)),
    "team=growth,cost-center=42",
  ],
  tracing: ["Active or none", z.enum(["Active", "none"]), "Active"],
  accessLog: ["requests or none", z.enum(["requests", "none"]), "requests"],
  domainName: [
    "none, or a domain name in lower case without https://, a path or *",
    none.or(
      z
        .string()
        .max(255)
        .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/),
    ),
    "events.example.com",
  ],
  certificateArn: [
    "none, or the ARN of a certificate of ACM",
    none.or(z.string().regex(/^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/)),
    "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab",
  ],
  keepExecuteApiEndpoint: ["true or false", trueOrFalse, "false"],
  deploymentBucketVersioning: ["true or false", trueOrFalse, "true"],
  rollbackOnAlarmMinutes: ["none, or whole minutes from 1 to 180", none.or(whole(1, 180)), "15"],
  sbom: ["cyclonedx or none", z.enum(["cyclonedx", "none"]), "cyclonedx"],
  createSecrets: ["true or false", trueOrFalse, "true"],
  removeQueuesWithMessages: ["true or false", trueOrFalse, "false"],
};

/**
 * What is wrong with the parameters of the stage, one line each. They are looked for as osls does: on the command line, then in the
 * stage's own, then in the default.
 */
function parameterProblems(stage, params, commandLine) {
  const sources = [
    [(name) => `--param ${name}`, Object.fromEntries(commandLine)],
    [(name) => `params.${stage}.${name} in serverless.yml`, params[stage] ?? {}],
    [(name) => `params.default.${name} in serverless.yml`, params.default ?? {}],
  ];
  const wrong = Object.entries(PARAMETERS).flatMap(([name, [expected, check, example]]) => {
    const source = sources.find(([, values]) => values[name] !== undefined && values[name] !== null);
    const line = `for example write there: "${name}: ${example}"`;
    if (!source)
      return [`params.default.${name} in serverless.yml: is missing, expected ${expected}; ${line}`];
    const [place, values] = source;
    const value = values[name];
    // A variable of another kind is resolved later; AWS then has the last word on it.
    if (String(value).includes("${") || (value !== "" && check.safeParse(value).success)) return [];
    const toType = values === sources[0][1] ? `for example --param ${name}=${example}` : line;
    return [`${place(name)}: expected ${expected}, found ${JSON.stringify(value)}; ${toType}`];
  });
  const unknown = sources.flatMap(([place, values]) =>
    Object.keys(values)
      .filter((name) => !Object.hasOwn(PARAMETERS, name))
      .map((name) => `${place(name)}: no such parameter; there are ${Object.keys(PARAMETERS).join(", ")}`),
  );
  return [...wrong, ...unknown, ...domainProblems(sources)];
}

/** A domain without a certificate cannot be served, and a certificate without a domain is one that somebody meant to serve. */
function domainProblems(sources) {
  const found = (name) => sources.find(([, values]) => values[name] !== undefined && values[name] !== null);
  const isGiven = (name) => found(name) !== undefined && found(name)[1][name] !== "none";
  const names = ["domainName", "certificateArn"];
  const missing = names.find((name) => !isGiven(name));
  const given = names.find(isGiven);
  if (missing === undefined || given === undefined) return [];
  const [expected, , example] = PARAMETERS[missing];
  const [place] = found(given);
  return [
    `${place(missing)}: ${given} is given, and this goes with it: expected ${expected.replace("none, or ", "")}; ` +
      `for example ${missing}: ${example}. Or set both to none.`,
  ];
}

module.exports = { parameterProblems };
