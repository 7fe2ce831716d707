import {
  type Environment,
  type EnvironmentConfig,
  FunctionFailure,
  startEnvironment,
} from "./function-environment.ts";

export type FunctionHostConfig = EnvironmentConfig & {
  /** Invocations beyond this many at a time wait for an environment, in the order they came. */
  readonly maxEnvironments: number;
};

export type FunctionHost = {
  /** @throws {FunctionFailure} Lambda's "function error". Failures are in the log when it rejects. */
  readonly invoke: (event: unknown) => Promise<unknown>;
  /** Starts one environment, so that the first invocation finds it. @throws {FunctionFailure} `not-loaded` */
  readonly warm: () => Promise<void>;
  /** Kills the environments that run something, in the middle of it, and says how many: what they ran fails. */
  readonly kill: () => Promise<number>;
  /** Kills every environment. What was running fails. */
  readonly stop: () => Promise<void>;
};

/**
 * Runs one function as Lambda does: an environment is loaded once and used again, runs one invocation at a time,
 * and is replaced after a crash or a timeout. What differs from Lambda: environments are not frozen between
 * invocations, and a thread has no signals and no working directory of its own.
 */
export function startFunctionHost(config: FunctionHostConfig): FunctionHost {
  const idle: Environment[] = [];
  const waiting: { take: (environment: Environment) => void; fail: (reason: unknown) => void }[] = [];
  const running = new Set<Environment>();
  let starting = 0;
  let stopped = false;

  const start = async (): Promise<Environment> => {
    starting += 1;
    try {
      const environment = await startEnvironment(config);
      if (stopped) {
        await environment.stop();
        throw stoppedFailure();
      }
      running.add(environment);
      environment.gone.then(() => {
        running.delete(environment);
        const place = idle.indexOf(environment);
        if (place >= 0) idle.splice(place, 1);
        startForWaiting();
      });
      return environment;
    } finally {
      starting -= 1;
      // One that did not start has left its room to the next in line.
      queueMicrotask(startForWaiting);
    }
  };

  const hasRoom = (): boolean => !stopped && running.size + starting < config.maxEnvironments;

  const startForWaiting = (): void => {
    if (!hasRoom()) return;
    const next = waiting.shift();
    if (next) start().then(next.take, next.fail);
  };

  const acquire = (): Promise<Environment> => {
    if (stopped) return Promise.reject(stoppedFailure());
    const free = idle.pop();
    if (free) return Promise.resolve(free);
    if (hasRoom()) return start();
    return new Promise((take, fail) => waiting.push({ take, fail }));
  };

  const release = (environment: Environment): void => {
    if (!running.has(environment)) return;
    const next = waiting.shift();
    if (next) next.take(environment);
    else idle.push(environment);
  };

  return {
    invoke: async (event) => {
      try {
        const environment = await acquire();
        try {
          return await environment.invoke(event);
        } finally {
          release(environment);
        }
      } catch (error) {
        config.onLine(describeFailure(error));
        throw error;
      }
    },
    warm: async () => release(await acquire()),
    kill: async () => {
      const busy = [...running].filter((environment) => !idle.includes(environment));
      await Promise.all(busy.map((environment) => environment.stop()));
      return busy.length;
    },
    stop: async () => {
      stopped = true;
      for (const { fail } of waiting.splice(0)) fail(stoppedFailure());
      await Promise.all([...running].map((environment) => environment.stop()));
    },
  };
}

function stoppedFailure(): FunctionFailure {
  return new FunctionFailure("crashed", "the local stack is stopping");
}

function describeFailure(error: unknown): string {
  if (!(error instanceof FunctionFailure)) return String(error);
  return `invocation ${error.kind}: ${error.thrown?.trace || error.message}`;
}
