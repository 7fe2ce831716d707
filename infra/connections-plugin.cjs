"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");

/** The parts of connections.yml that name secrets, and what each kind of secret has to hold. */
const SECRETS = {
  launchdarkly: '{"accessToken":"api-..."}',
  posthog: '{"projectApiKey":"phc_..."}, with "personalApiKey":"phx_..." for annotations',
  connections: '{"writeKeys":["..."],"tokens":["..."],"signingSecrets":["..."]}; one of the three is enough',
};

/**
 * Adds to the template what follows from connections.yml: an empty secret for each that it names, and the webhook URL
 * of each connection as an output. The build has checked the connections by then.
 */
module.exports = class ConnectionsPlugin {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = {
      "before:aws:package:finalize:mergeCustomProviderResources": () => this.extendTemplate(),
    };
  }

  extendTemplate() {
    const { service, serviceDir } = this.serverless;
    const connections = JSON.parse(readFileSync(join(serviceDir, "dist/connections.json"), "utf8"));
    const { create, namePrefix, kmsKeyArn } = service.custom.secrets;
    const secrets = String(create) === "true" ? secretsOf(connections) : [];
    this.add("Resources", secrets, ([name, usedBy]) => [
      `${logicalId(name)}Secret`,
      secretResource(namePrefix + name, usedBy, kmsKeyArn),
    ]);
    this.add("Outputs", Object.entries(connections.connections), ([name, { source }]) => [
      `${logicalId(name)}WebhookUrl`,
      webhookOutput(name, source),
    ]);
  }

  add(section, named, entryOf) {
    const { service, classes } = this.serverless;
    service.resources[section] ??= {};
    for (const one of named) {
      const [id, entry] = entryOf(one);
      if (service.resources[section][id]) {
        throw new classes.Error(
          `connections.yml: CloudFormation cannot tell "${one[0]}" from another name like it (${id}): rename one of them.`,
        );
      }
      service.resources[section][id] = entry;
    }
  }
};

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

function webhookOutput(name, source) {
  return {
    Description: `Where ${source} sends for connections.${name}`,
    Value: { "Fn::Sub": `https://\${HttpApi}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}/c/${name}` },
  };
}

/** `segment-engage` is `SegmentEngage`: letters and digits are all that CloudFormation takes. */
function logicalId(name) {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}
