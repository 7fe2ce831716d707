import type { StackAddresses } from "../../dev/local-function.ts";

/** Of a stack that does not run. */
export const stackAddresses: StackAddresses = {
  sqs: "http://localhost:1",
  dynamodb: "http://localhost:2",
  secretsManager: "http://localhost:3",
  queueUrl: (name) => `http://localhost:1/queue/${name}`,
  ledgerTable: "local-ledger",
  cursorsTable: "local-cursors",
  replaysTable: "local-replays",
  secretPrefix: "prefix/",
  connectionsFile: "connections.json",
};
