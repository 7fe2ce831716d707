"use strict";

const { execFileSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { separateOutput } = require("./invoke-output.cjs");
const { sentNow } = require("./sample-times.cjs");

/** Nothing listens on the discard port: a call that must not reach AWS fails at once. The name of a queue may follow. */
const NOWHERE = "http://127.0.0.1:9/";

/** As FLAGBRIDGE_URL: the variables are those of the deployed stack, looked up by sls with the caller's credentials. */
const DEPLOYED = "aws";

/** sls keeps stdout for results. */
const TO_STDERR = ["ignore", 2, 2];

/**
 * Makes `sls` enough by itself: it builds the bundles before anything is packaged or invoked, and gives
 * `sls invoke local` the addresses of the running local stack, so that it needs no AWS account. What is invoked locally is
 * sent now, and prints its result apart from its log and metrics.
 */
module.exports = class BundlePlugin {
  constructor(serverless, options, { log }) {
    this.serverless = serverless;
    this.options = options;
    this.log = log;
    this.hooks = {
      initialize: () => {
        this.refuseExample();
        // Later osls would look the template's references up in CloudFormation.
        return this.addressLocally();
      },
      "before:package:createDeploymentArtifacts": () => this.build(TO_STDERR),
      "before:deploy:function:packageFunction": () => this.build(TO_STDERR),
      "before:invoke:local:invoke": () => {
        this.build("ignore");
        this.options.data = sentNow(this.options.data, Date.now());
        this.endSeparation = separateOutput(process);
      },
      "after:invoke:local:invoke": () => this.endSeparation(),
    };
  }

  /** With the project's own Node, whatever runs `sls`: the build is TypeScript. Where none is pinned, `npm ci` has checked the machine's. */
  build(output) {
    const { serviceDir } = this.serverless;
    const pinned = join(serviceDir, "node_modules/.bin/node");
    const node = existsSync(pinned) ? pinned : process.execPath;
    try {
      execFileSync(node, [join(serviceDir, "cli/build.ts")], { cwd: serviceDir, stdio: output });
    } catch {
      throw new this.serverless.classes.Error("The bundles cannot be built. `npm run build` says why.");
    }
  }

  /** The build packages the example where there are no connections, which is good for a look: deployed, it would replace a stage's own. */
  refuseExample() {
    const { serviceDir, processedInput, classes } = this.serverless;
    const { commands, options } = processedInput;
    // What was packaged before has its connections already.
    const packages = ["deploy", "deploy function"].includes(commands.join(" ")) && !options.package;
    if (!packages || existsSync(join(serviceDir, "connections.yml"))) return;
    throw new classes.Error(
      "There is no connections.yml, and connections.example.yml is not deployed in its place: it would replace what " +
        "is deployed now. Copy it and make it yours, as docs/deploy.md#connections says:\n" +
        "  cp connections.example.yml connections.yml",
    );
  }

  /** The function's variables: the template's, over them the local stack's, over them the shell's and `--env`. */
  async addressLocally() {
    const { commands, options } = this.serverless.processedInput;
    const url = process.env.FLAGBRIDGE_URL ?? "http://localhost:3000";
    if (commands.join(" ") !== "invoke local") return;
    const definition = this.serverless.service.getFunction(options.function);
    if (url === DEPLOYED) {
      definition.environment = { ...definition.environment, QUEUE_URL_PREFIX: await this.deployedPrefix() };
      return;
    }
    const template = { ...this.serverless.service.provider.environment, ...definition.environment };
    const shell = { ...process.env, ...Object.fromEntries([options.env ?? []].flat().map(nameAndValue)) };

    const stack = (await variablesOfStack(url, options.function)) ?? this.nowhere(url, template);
    const variables = { ...template, ...stack };
    for (const name of Object.keys(variables)) variables[name] = shell[name] ?? variables[name];
    definition.environment = variables;
  }

  /** osls looks up references alone, and this is more than one. */
  async deployedPrefix() {
    const provider = this.serverless.getProvider("aws");
    const region = provider.getRegion();
    const { accountId, partition } = await provider.getAccountInfo();
    const suffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
    return `https://sqs.${region}.${suffix}/${accountId}/${this.serverless.service.custom.queues.namePrefix}`;
  }

  nowhere(url, template) {
    this.log.warning(
      `No local stack answers at ${url}, so the function will find no queue and no secret. ` +
        "Start one with `npm start`, or name another in FLAGBRIDGE_URL.",
    );
    const references = Object.keys(template).filter((name) => typeof template[name] === "object");
    const endpoints = ["SQS", "SECRETS_MANAGER", "DYNAMODB"].map((service) => `AWS_ENDPOINT_URL_${service}`);
    return Object.fromEntries([...references, ...endpoints].map((name) => [name, NOWHERE]));
  }
};

async function variablesOfStack(url, functionName) {
  try {
    const response = await fetch(`${url}/sandbox/functions`);
    const { functions } = await response.json();
    return functions.find(({ name }) => name === functionName).environment;
  } catch {
    return undefined;
  }
}

function nameAndValue(option) {
  const [name, ...value] = option.split("=");
  return [name, value.join("=")];
}
