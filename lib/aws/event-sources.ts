import {
  type LambdaClient,
  paginateListEventSourceMappings,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";

/** What hands a queue's messages to a function. */
export type EventSource = {
  readonly id: string;
  readonly queueArn: string;
  /** `Enabled`, `Disabled`, or on the way: `Creating`, `Enabling`, `Disabling`, `Updating`, `Deleting`. */
  readonly state: string;
  /** How many invocations at once it may cause; absent where only the function's own bounds count. */
  readonly maximumConcurrency?: number;
};

export type EventSources = {
  readonly of: (functionName: string) => Promise<readonly EventSource[]>;
  /** Lambda answers before it is done: the state is then `Enabling` or `Disabling` for some seconds. */
  readonly setEnabled: (id: string, isEnabled: boolean) => Promise<void>;
};

export function createEventSources(client: LambdaClient): EventSources {
  return {
    of: async (functionName) => {
      const found: EventSource[] = [];
      for await (const page of paginateListEventSourceMappings({ client }, { FunctionName: functionName }))
        for (const { UUID, EventSourceArn, State, ScalingConfig } of page.EventSourceMappings ?? []) {
          const maximumConcurrency = ScalingConfig?.MaximumConcurrency;
          if (UUID && EventSourceArn)
            found.push({
              id: UUID,
              queueArn: EventSourceArn,
              state: State ?? "",
              ...(maximumConcurrency !== undefined && { maximumConcurrency }),
            });
        }
      return found;
    },
    setEnabled: async (id, isEnabled) => {
      await client.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: isEnabled }));
    },
  };
}
