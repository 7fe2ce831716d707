import { join } from "node:path";

/**
 * For `NODE_COMPILE_CACHE` of processes that tests start again and again: Node finds there what it has compiled, which is
 * a third of what a start of the stack or of `sls` costs. https://nodejs.org/api/module.html#module-compile-cache
 */
export const COMPILE_CACHE = join(import.meta.dirname, "../../node_modules/.cache/node");
