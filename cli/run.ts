import { Command } from "commander";
import { describeFailure } from "../operator/failure.ts";
import { stopProgress } from "./progress.ts";
import { note } from "./terminal.ts";

/** 0: done and nothing is wrong. 1: done, and something is wrong that a person must see. What cannot be done at all is thrown: 2. */
export type ExitCode = 0 | 1;

/** Runs a command's work and turns what it throws into a message that says what to do, and exit 2. */
export function runs<Args extends readonly unknown[]>(
  work: (...args: Args) => Promise<ExitCode>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    try {
      process.exitCode = await work(...args);
    } catch (error) {
      stopProgress();
      const { region, profile } = flagsOf(args);
      note(
        describeFailure(error, {
          region: region ?? process.env.AWS_REGION,
          profile: profile ?? process.env.AWS_PROFILE,
        }),
      );
      process.exitCode = 2;
    }
  };
}

/** The parser gives an action its own command at the end. https://github.com/tj/commander.js#action-handler */
function flagsOf(args: readonly unknown[]): { readonly region?: string; readonly profile?: string } {
  const command = args.at(-1);
  return command instanceof Command ? command.opts() : {};
}
