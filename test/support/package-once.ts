import { inject } from "vitest";
import type { TestProject } from "vitest/node";
import { type Clone, cloneProject } from "./packaged-project.ts";

/** A clone after `sls package --stage prod`. All tests of a run look at the same one, so nobody runs `sls` in it again. */
export type PackagedProject = Pick<Clone, "directory"> & {
  /** All that `sls` wrote. */
  readonly output: string;
};

declare module "vitest" {
  interface ProvidedContext {
    readonly packagedProject: PackagedProject;
  }
}

/** What {@link setup} has packaged for the tests of this project. */
export function packagedProject(): PackagedProject {
  return inject("packagedProject");
}

/**
 * Vitest runs it before the first test of a project that names it in `globalSetup`: packaging takes seconds, and most
 * tests of the template want to see the same stage.
 * @throws what `sls` wrote, when it does not package.
 */
export default async function setup(project: TestProject): Promise<() => void> {
  const clone = cloneProject();
  const { stdout, stderr } = await clone.sls(["package", "--stage", "prod"]);
  project.provide("packagedProject", { directory: clone.directory, output: stdout + stderr });
  return clone.remove;
}
