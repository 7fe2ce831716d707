"use strict";

const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { apiUrl } = require("./domain.cjs");
const { erases, leaveOutEraser } = require("./eraser.cjs");
const { logicalId } = require("./logical-id.cjs");
const { LIMITS, nameProblems, templateProblems } = require("./limits.cjs");
const { queueAlarms } = require("./queue-alarms.cjs");
const { showQueues } = require("./queue-dashboard.cjs");
const { narrowSecrets } = require("./secret-access.cjs");
const { sweeperGoneAlarm } = require("./sweeper-alarm.cjs");
const {
  concurrencyProblems,
  namedQueue,
  queueOutputs,
  queueResources,
  queuesPolicy,
  queueUrlPrefix,
} = require("./queues.cjs");

/** The parts of connections.yml that name secrets, and what each kind of secret has to hold. */
const SECRETS = {
  launchdarkly: '{"accessToken":"api-..."}',
  posthog: '{"projectApiKey":"phc_..."}, with "personalApiKey":"phx_..." for annotations',
  connections: '{"writeKeys":["..."],"tokens":["..."],"signingSecrets":["..."]}; one of the three is enough',
};

/**
 * Adds to the template what follows from connections.yml: an empty secret for each that it names, the queues of each
 * destination with what reads and watches them, and the webhook URL of each connection as an output. The build has checked the
 * connections by then.
 */
module.exports = class ConnectionsPlugin {
  constructor(serverless, _options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.hooks = {
      // The build is done by then: bundle-plugin.cjs is before this one.
      "before:package:createDeploymentArtifacts": () => {
        if (!erases(this.built("queues.json"))) leaveOutEraser(this.serverless.service);
      },
      "before:package:compileFunctions": () => this.findQueues(),
      "before:aws:package:finalize:mergeCustomProviderResources": () => this.extendTemplate(),
      "after:aws:package:finalize:mergeCustomProviderResources": () => this.checkTemplate(),
    };
  }

  /** Before the functions are compiled, which take the variable over. */
  findQueues() {
    const { service } = this.serverless;
    this.settings = queueSettings(this.serverless);
    this.queues = this.built("queues.json").map((queue) => namedQueue(queue, this.settings));
    this.refuse([...nameProblems(this.queues), ...concurrencyProblems(this.queues, this.settings)]);
    // There is one: the build refuses a connection without a destination, and a file without a connection.
    service.provider.environment.QUEUE_URL_PREFIX = queueUrlPrefix(this.queues[0], this.settings);
  }

  extendTemplate() {
    const { service } = this.serverless;
    const connections = this.built("connections.json");
    this.add("Outputs", "connections.yml", [
      ["ConnectionsDigest", digestOutput(this.builtFile("connections.json"))],
    ]);
    const { create, namePrefix, kmsKeyArn } = service.custom.secrets;
    const { notices, problems } = narrowSecrets(service.resources.Resources, connections, { namePrefix });
    for (const notice of notices) this.log.notice(notice);
    this.refuse(problems);
    const secrets = String(create) === "true" ? secretsOf(connections) : [];
    for (const [name, usedBy] of secrets)
      this.add("Resources", name, [
        [`${logicalId(name)}Secret`, secretResource(namePrefix + name, usedBy, kmsKeyArn)],
      ]);
    for (const [name, { source }] of Object.entries(connections.connections))
      this.add("Outputs", name, [
        [`${logicalId(name)}WebhookUrl`, webhookOutput(name, source, service.custom.domain.name)],
      ]);
    for (const queue of this.queues)
      this.add("Resources", queue.destination, queueResources(queue, this.settings));
    this.sendAfterQueues();
    this.add("Resources", "queues", [["QueuesPolicy", queuesPolicy(this.queues, this.settings)]]);
    for (const [id, alarm] of queueAlarms(this.queues, this.settings))
      this.add("Resources", id, [[id, alarm]]);
    this.add("Resources", "audit-log-sweeper", [
      ["AuditLogSweeperGoneAlarm", sweeperGoneAlarm(this.queues[0], this.settings)],
    ]);
    if (this.outputsFit())
      for (const queue of this.queues) this.add("Outputs", queue.destination, queueOutputs(queue));
    showQueues(service.resources.Resources.Dashboard.Properties.DashboardBody, this.queues);
  }

  /** A function that knows a destination before its queue is there would answer 503, and senders would send everything again. */
  sendAfterQueues() {
    const { Resources } = this.serverless.service.provider.compiledCloudFormationTemplate;
    const ids = this.queues.map(({ queueId }) => queueId);
    for (const name of ["IngestLambdaFunction", "AuditDashlogDashsweeperLambdaFunction"])
      Resources[name].DependsOn = [...(Resources[name].DependsOn ?? []), ...ids];
  }

  /** The outputs of queues are there to be read, and every name follows from connections.yml: more than there may be are left out. */
  outputsFit() {
    const { resources, provider } = this.serverless.service;
    const others = { ...resources.Outputs, ...provider.compiledCloudFormationTemplate.Outputs };
    const fit = Object.keys(others).length + 2 * this.queues.length <= LIMITS.outputs;
    if (!fit) {
      this.log.notice(
        `The names of the ${2 * this.queues.length} queues are no outputs of the stack: CloudFormation takes ${LIMITS.outputs} in all.`,
      );
    }
    return fit;
  }

  checkTemplate() {
    const { compiledCloudFormationTemplate } = this.serverless.service.provider;
    this.refuse(templateProblems(compiledCloudFormationTemplate, this.queues, this.settings));
  }

  /** What the build has written into dist. */
  built(file) {
    return JSON.parse(this.builtFile(file).toString());
  }

  builtFile(file) {
    return readFileSync(join(this.serverless.serviceDir, "dist", file));
  }

  refuse(problems) {
    if (problems.length > 0) throw new this.serverless.classes.Error(problems.join("\n"));
  }

  add(section, name, entries) {
    const { service } = this.serverless;
    service.resources[section] ??= {};
    for (const [id, entry] of entries) {
      if (service.resources[section][id]) {
        this.refuse([
          `connections.yml: CloudFormation cannot tell "${name}" from another name like it (${id}): rename one of them.`,
        ]);
      }
      service.resources[section][id] = entry;
    }
  }
};

function queueSettings(serverless) {
  const { naming } = serverless.getProvider("aws");
  return {
    ...serverless.service.custom.queues,
    deadLetters: "-dead-letters",
    reader: (name) => ({
      functionId: naming.getLambdaLogicalId(name),
      functionPrefix: naming.getNormalizedFunctionName(name),
    }),
  };
}

/** Each secret's name and what uses it: a secret may serve several. */
function secretsOf(connections) {
  const uses = new Map();
  for (const part of Object.keys(SECRETS)) {
    for (const [name, { secret }] of Object.entries(connections[part] ?? {})) {
      uses.set(secret, [...(uses.get(secret) ?? []), { part, name }]);
    }
  }
  return [...uses];
}

/**
 * Without a value: it is the operator's, and a template is read by many. It outlives the stack, whose removal must not
 * take the keys away; only a first deploy that fails takes it along, or the next one would find the name taken.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
function secretResource(fullName, usedBy, kmsKeyArn) {
  const users = usedBy.map(({ part, name }) => `${part}.${name}`).join(", ");
  return {
    Type: "AWS::SecretsManager::Secret",
    DeletionPolicy: "RetainExceptOnCreate",
    UpdateReplacePolicy: "Retain",
    Properties: {
      Name: fullName,
      Description: `Of ${users} in connections.yml: ${SECRETS[usedBy[0].part]}`,
      ...(kmsKeyArn && { KmsKeyId: kmsKeyArn }),
    },
  };
}

/** With it a tool can tell whether a connections.yml is the one that is deployed, without the right to read a function's code. */
function digestOutput(file) {
  return {
    Description: "SHA-256 of the connections as they are packaged, in hexadecimal",
    Value: createHash("sha256").update(file).digest("hex"),
  };
}

function webhookOutput(name, source, domainName) {
  const url = apiUrl(domainName);
  const path = `/c/${name}`;
  return {
    Description: `Where ${source} sends for connections.${name}`,
    Value: typeof url === "string" ? url + path : { "Fn::Sub": url["Fn::Sub"] + path },
  };
}
