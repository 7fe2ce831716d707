import * as z from "zod";
import { untilQueuesAreEmpty } from "../support/empty-queues.ts";
import { SANDBOX_INSTANCE, stackFiles } from "../support/stack-files.ts";
import { startStackProcess } from "../support/stack-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type Front, type Loss, openFront } from "./front.ts";

/** A client of a test: its connection, and the environment of LaunchDarkly that is its alone. */
export type Client = {
  readonly name: string;
  readonly source: "segment" | "rudderstack";
  readonly brings: "audiences and metrics" | "metrics";
  readonly loss: Loss;
};

/** An SDK of Segment that brings members and orders; the answer to its first order is a 503. */
export function segmentSdk(language: string): Client {
  return { name: `${language}-segment`, source: "segment", brings: "audiences and metrics", loss: "503" };
}

/** An SDK of RudderStack, which has no call for audience lists. */
export function rudderstackSdk(language: string): Client {
  return { name: `${language}-rudder`, source: "rudderstack", brings: "metrics", loss: "503" };
}

const segmentsShape = z.object({
  segments: z.array(
    z.object({
      environmentId: z.string(),
      integration: z.string(),
      id: z.string(),
      name: z.string(),
      contextKind: z.string(),
      members: z.array(z.string()),
    }),
  ),
});
const eventsShape = z.object({ events: z.array(z.looseObject({ environmentId: z.string() })) });

export type SdkStack = {
  readonly url: string;
  /** The host that a client is given, the only thing about it that is not as its vendor wants it, and the key. */
  readonly settingsOf: (client: Client) => { readonly front: Front; readonly writeKey: string };
  /** What LaunchDarkly has of a client, once nothing is left in the queues. */
  readonly outcomeOf: (client: Client) => Promise<Outcome>;
  readonly log: () => string;
  readonly close: () => Promise<void>;
};

export type Outcome = {
  readonly segments: z.infer<typeof segmentsShape>["segments"];
  readonly events: z.infer<typeof eventsShape>["events"];
};

/** Opens a local stack with a connection for each client, and a front for each that loses one answer to an order. */
export async function openSdkStack(clients: readonly Client[]): Promise<SdkStack> {
  const folder = await temporaryFolder();
  const connections = [
    "launchdarkly:",
    ...clients.map(
      ({ name }) =>
        `  ${name}: { clientSideId: ${name}, instance: ${SANDBOX_INSTANCE}, secret: launchdarkly }`,
    ),
    "connections:",
    ...clients.map(
      ({ name, source, brings }) =>
        `  ${name}: { source: ${source}, secret: ${name}, metrics: { to: [${name}] }${brings === "metrics" ? "" : `, audiences: { to: [${name}] }`} }`,
    ),
  ].join("\n");
  const writeKeyOf = ({ name }: Client) => `${name}-key`;
  const secrets = Object.fromEntries(
    clients.map((client) => [client.name, { writeKeys: [writeKeyOf(client)] }]),
  );
  const files = await stackFiles(folder, {
    connections,
    secrets: { ...secrets, launchdarkly: { accessToken: "sdks-token" } },
  });
  const stack = await startStackProcess([...files, "--batch-window", "0", "--log", "json"]);
  const fronts = new Map<string, Front>();
  for (const { name, loss } of clients)
    fronts.set(name, await openFront({ stackUrl: stack.url, losesAnswerTo: "Order Completed", loss }));
  const read = async <Shape extends z.ZodType>(path: string, shape: Shape): Promise<z.infer<Shape>> =>
    shape.parse(await (await fetch(`${stack.url}/sandbox/launchdarkly/${path}`)).json());
  return {
    url: stack.url,
    settingsOf: (client) => {
      const front = fronts.get(client.name);
      if (front === undefined) throw new Error(`there is no connection ${client.name}`);
      return { front, writeKey: writeKeyOf(client) };
    },
    outcomeOf: async ({ name }) => {
      await untilQueuesAreEmpty(stack.url);
      const [{ segments }, { events }] = [
        await read("segments", segmentsShape),
        await read("events", eventsShape),
      ];
      const isIts = ({ environmentId }: { readonly environmentId: string }) => environmentId === name;
      return { segments: segments.filter(isIts), events: events.filter(isIts) };
    },
    log: stack.stderr,
    close: async () => {
      for (const front of fronts.values()) await front.close();
      await stack.stop();
      await folder.remove();
    },
  };
}
