import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/**
 * Modules that a client of the AWS SDK imports and that never run in a function, each with what stands in its place.
 * Nothing that runs is replaced: docs/adr/0011.
 */
const IN_PLACE_OF: Readonly<Record<string, string>> = {
  // Lambda puts a function's credentials in its environment. The chain would look into files, processes, SSO and the
  // metadata of machines after that. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  "@aws-sdk/credential-provider-node":
    'export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";',
  // DynamoDB's client makes a cache for discovered endpoints, which none of the operations in use asks.
  "@aws-sdk/endpoint-cache": "export class EndpointCache {}",
  // Loaded by operations that stream events: none of SQS, Secrets Manager and the ledger's four does.
  "@smithy/core/event-streams":
    'export class EventStreamSerde { constructor() { throw new Error("Event streams are left out of the bundle: cli/aws-ballast.ts"); } }',
};

export const withoutAwsBallast: Plugin = {
  name: "without-aws-ballast",
  setup: ({ onResolve, onLoad }) => {
    for (const [module, contents] of Object.entries(IN_PLACE_OF)) {
      onResolve({ filter: new RegExp(`^${module}$`) }, ({ resolveDir }) => ({
        path: module,
        namespace: "in-place-of",
        pluginData: resolveDir,
      }));
      onLoad({ filter: new RegExp(`^${module}$`), namespace: "in-place-of" }, ({ pluginData }) => ({
        contents,
        resolveDir: pluginData,
      }));
    }
    // A client reads its version there, for the user agent; esbuild would put the whole file into the bundle.
    onLoad({ filter: /@aws-sdk\/client-[a-z-]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};
