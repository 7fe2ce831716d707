import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { findPython, pythonCommands } from "../../dev/emulated/python.ts";
import { openPythonPrograms } from "../../dev/emulated/virtual-environment.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The path of schemathesis's command line. */
    readonly schemathesis: string;
  }
}

/** Vitest runs it once, before the first test. @throws {StartProblem} without a Python that will do. */
export default async function setup(project: TestProject): Promise<void> {
  const programs = await openPythonPrograms({
    python: await findPython(pythonCommands(process.env.PYTHON), "schemathesis"),
    parent: join(import.meta.dirname, "../../.emulated"),
    requirements: join(import.meta.dirname, "requirements.txt"),
    purpose: "schemathesis",
    environment: process.env,
    report: console.error,
  });
  project.provide("schemathesis", join(programs, "st"));
}
