import { parseArgs } from "node:util";

export type EmulatedOptions = {
  readonly port: number;
  readonly emulatorPort: number;
  readonly failResource: string | undefined;
};

export const usage = `npm run deploy:emulated -- [--port 3000] [--emulator-port 4566] [--fail-resource LOGICAL_ID]

  --port           where the deployed API and the sandbox listen; 0 takes a free port   3000
  --emulator-port  where the emulator of AWS listens; 0 takes a free port               4566
  --fail-resource  a resource of the template that CloudFormation then fails to make    none

Python 3.10 or newer is needed, by the name python3 or python, or by the one that PYTHON has.`;

/** @throws {Error} with a message for the terminal, when an option is unknown or its value will not do. */
export function parseOptions(args: readonly string[]): EmulatedOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "3000" },
      "emulator-port": { type: "string", default: "4566" },
      "fail-resource": { type: "string" },
    },
  });
  return {
    port: portOption("--port", values.port),
    emulatorPort: portOption("--emulator-port", values["emulator-port"]),
    failResource: values["fail-resource"],
  };
}

function portOption(name: string, text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new RangeError(`${name}: expected a number from 0 to 65535, got '${text}'`);
}
