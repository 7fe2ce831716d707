import { startFauxqs } from "fauxqs";

/** An SQS on a free port, for tests that use the real client. */
export type LocalQueue = {
  readonly endpoint: string;
  /** Of the first queue. */
  readonly queueUrl: string;
  /** What is in the queues, visible or not, without receiving it. */
  readonly messages: () => readonly QueuedMessage[];
  readonly clear: () => void;
  readonly stop: () => Promise<void>;
};

export type QueuedMessage = { readonly body: string; readonly attributes: Readonly<Record<string, string>> };

export async function startLocalQueue(
  names: readonly string[] = ["audience-operations-production"],
): Promise<LocalQueue> {
  const server = await startFauxqs({ port: 0, logger: false, host: "127.0.0.1" });
  const endpoint = `http://127.0.0.1:${server.port}`;
  for (const name of names) server.createQueue(name);
  return {
    endpoint,
    queueUrl: `${endpoint}/000000000000/${names[0]}`,
    messages: () =>
      names.flatMap((name) => {
        const queue = server.inspectQueue(name);
        if (!queue) throw new Error(`there is no queue ${name}`);
        const { ready, delayed, inflight } = queue.messages;
        return [...ready, ...delayed, ...inflight.map(({ message }) => message)].map(
          ({ body, messageAttributes }) => ({
            body,
            attributes: Object.fromEntries(
              Object.entries(messageAttributes).map(([key, { StringValue = "" }]) => [key, StringValue]),
            ),
          }),
        );
      }),
    clear: () => server.reset(),
    stop: () => server.stop(),
  };
}
