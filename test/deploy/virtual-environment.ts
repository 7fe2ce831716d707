import { join } from "node:path";
import { inject } from "vitest";
import type { TestProject } from "vitest/node";
import { findPython, pythonCommands } from "../../dev/emulated/python.ts";
import { openVirtualEnvironment, type VirtualEnvironment } from "../../dev/emulated/virtual-environment.ts";
import { installNag } from "./install-nag.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly virtualEnvironment: VirtualEnvironment;
    readonly nagProgram: string;
  }
}

/** Where `npm run deploy:emulated` has its own: both use one virtual environment. */
export const EMULATED_FOLDER = join(import.meta.dirname, "../../.emulated");

/** What {@link setup} has made for all tests of a run. */
export function virtualEnvironment(): VirtualEnvironment {
  return inject("virtualEnvironment");
}

/** Vitest runs it once, before the first test. @throws {StartProblem} without a Python that will do. */
export default async function setup(project: TestProject): Promise<void> {
  const environment = await openVirtualEnvironment({
    python: await findPython(pythonCommands(process.env.PYTHON)),
    parent: EMULATED_FOLDER,
    environment: process.env,
    report: console.error,
  });
  project.provide("virtualEnvironment", environment);
  project.provide("nagProgram", await installNag(EMULATED_FOLDER));
}
