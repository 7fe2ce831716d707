"use strict";

const { GetObjectCommand, S3Client } = require("@aws-sdk/client-s3");
const { countMessages, describeCount, removedQueues } = require("./removed-queues.cjs");

const PARAMETER = "removeQueuesWithMessages";

const DEAD_LETTERS = "docs/runbook.md#queue-dead-letters-queues-dead-letters";

/** What to do about messages that would go, by the command that would delete their queues. */
const DRAIN = {
  deploy: "put what was removed back into connections.yml, and follow docs/deploy.md#removing-a-destination",
  rollback:
    "stop what sends it, leave the version that is deployed, and roll back when the queues are empty: docs/deploy.md#roll-back",
  remove:
    "stop what sends it, leave the stack, and remove it when the queues are empty: docs/deploy.md#remove",
};

/**
 * Stops a deploy, a rollback or a removal that would delete queues which hold messages, before it has uploaded or changed
 * anything: CloudFormation deletes a queue with all that is in it, and asks nobody.
 */
module.exports = class RemovedQueuesPlugin {
  constructor(serverless, _options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.hooks = {
      // A package that was made before (`--package`) brings the parameters of its own time along, later than this.
      initialize: () => {
        this.goOn = String(serverless.service.custom?.[PARAMETER]) === "true";
      },
      "before:aws:deploy:deploy:createStack": () =>
        this.guard("deploy", () => serverless.service.provider.compiledCloudFormationTemplate),
      "before:rollback:rollback": () => this.guard("rollback", () => this.templateOfRollback()),
      "before:remove:remove": () => this.guard("remove", () => ({})),
    };
  }

  /** @throws when a queue that would go holds messages, or it cannot be found out: silence would lose them. */
  async guard(command, templateAfter) {
    const provider = this.serverless.getProvider("aws");
    const resources = await this.asked(
      { right: "cloudformation:ListStackResources", on: `stack ${provider.naming.getStackName()}` },
      () => resourcesOf(provider),
    );
    const template = resources.length > 0 ? await templateAfter() : undefined;
    if (template === undefined) return;
    const removed = removedQueues(resources, template);
    if (removed.length === 0) return;

    const queues = await countMessages(await provider.getAwsSdkV3Config(), removed);
    const unread = queues.filter(({ problem }) => problem);
    const filled = queues.filter(({ waiting = 0, inFlight = 0 }) => waiting + inFlight > 0);
    if (unread.length + filled.length > 0) {
      this.refuse([
        ...(filled.length > 0 ? messagesWouldGo(command, filled) : []),
        ...(unread.length > 0 ? notCounted(command, unread) : []),
      ]);
      return;
    }
    this.log.notice(
      `This ${command} deletes ${queuesIn(queues)}, in which SQS counts no message. ` +
        "Its counts can be a minute old: what was sent there since then goes with them.",
    );
  }

  /** Stops with these lines; where the parameter says to go on, it warns with them. */
  refuse(lines) {
    if (this.goOn) {
      this.log.warning([...lines, `${PARAMETER} is true: going on all the same.`].join("\n"));
      return;
    }
    const goOn = `To go on all the same, and lose them: --param ${PARAMETER}=true`;
    throw new this.serverless.classes.Error([...lines, goOn].join("\n"), "QUEUES_WITH_MESSAGES");
  }

  /** The answer of a call to AWS, or an empty list where the parameter says to go on without it. */
  async asked({ right, on }, call) {
    try {
      return await call();
    } catch (error) {
      this.refuse([
        `Which queues would be deleted could not be found out; nothing was changed: ${error.name}: ${error.message}`,
        `If it is a right that is missing: allow ${right} on ${on}.`,
      ]);
      return [];
    }
  }

  /** The template of the deployment that `--timestamp` names; undefined where sls itself will say that there is none. */
  async templateOfRollback() {
    const { service, processedInput } = this.serverless;
    const { timestamp } = processedInput.options;
    const at = new Date(Number.isNaN(Date.parse(timestamp)) ? Number(timestamp) : timestamp);
    if (timestamp === undefined || Number.isNaN(at.getTime())) return undefined;

    const provider = this.serverless.getProvider("aws");
    const folder = [provider.getDeploymentPrefix(), service.service, provider.getStage()].join("/");
    const key = `${folder}/${at.getTime()}-${at.toISOString()}/${provider.naming.getCompiledTemplateS3Suffix()}`;
    const text = await this.asked(
      { right: "cloudformation:DescribeStackResource and s3:GetObject", on: `${key} of the stack's bucket` },
      async () => {
        const client = new S3Client(await provider.getAwsSdkV3Config());
        const Bucket = await provider.getServerlessDeploymentBucketName();
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key })).catch(noneIfAbsent);
        return Body && (await Body.transformToString());
      },
    );
    return typeof text === "string" ? JSON.parse(text) : undefined;
  }
};

/** A stack that does not exist has none: it is the first deploy. */
async function resourcesOf(provider) {
  try {
    return await provider.getStackResources();
  } catch (error) {
    if (error.name === "ValidationError" && /does not exist/.test(error.message)) return [];
    throw error;
  }
}

function noneIfAbsent(error) {
  if (error.name === "NoSuchKey") return {};
  throw error;
}

function messagesWouldGo(command, filled) {
  const hasDeadLetters = filled.some(({ name }) => name.endsWith("-dead-letters"));
  return [
    `This ${command} would delete ${queuesIn(filled)} with the messages in there. Nothing was changed.`,
    ...filled.map((queue) => `  ${describeCount(queue)}`),
    "SQS counts approximately, and up to a minute late.",
    `To deliver what waits and is in flight: ${DRAIN[command]}`,
    ...(hasDeadLetters
      ? [`To deliver dead letters: move them back to their queue first: ${DEAD_LETTERS}`]
      : []),
    "To discard what is in a queue:",
    ...filled.map(({ url }) => `  aws sqs purge-queue --queue-url ${url}`),
  ];
}

function notCounted(command, unread) {
  return [
    `This ${command} would delete ${queuesIn(unread)} of which SQS did not say what is in there. Nothing was changed.`,
    ...unread.map(({ name, problem }) => `  ${name}: ${problem.name}: ${problem.message}`),
    "If it is a right that is missing: allow sqs:GetQueueAttributes on these queues.",
  ];
}

function queuesIn(queues) {
  return queues.length === 1 ? "a queue" : `${queues.length} queues`;
}
