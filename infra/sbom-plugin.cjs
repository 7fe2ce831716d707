"use strict";

const { execFileSync } = require("node:child_process");
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { bundledSbom } = require("./sbom.cjs");

const FILE = "sbom.cdx.json";

/** From the lockfile, so that what else is in node_modules does not matter. */
const NPM_SBOM = ["sbom", "--sbom-format=cyclonedx", "--package-lock-only"];

/** Writes the bill of materials of what the functions are packaged with beside the package, where the parameter `sbom` asks for it. */
module.exports = class SbomPlugin {
  constructor(serverless, _options, { log }) {
    this.hooks = {
      "after:package:finalize": () => {
        if (serverless.service.custom.sbom !== "cyclonedx") return;
        const { serviceDir, classes } = serverless;
        const read = (...path) => JSON.parse(readFileSync(join(serviceDir, ...path), "utf8"));
        const refuse = (reason) => {
          throw new classes.Error(`sbom: the bill of materials could not be made: ${reason}`);
        };
        const made = bundledSbom(
          npmSbom(serviceDir, refuse),
          read("dist", "packages.json"),
          read("package.json"),
        );
        if (made.kind === "unknown")
          refuse(
            `package-lock.json does not have ${made.unknown.join(", ")}, and the functions do: run npm ci`,
          );
        writeFileSync(join(serviceDir, ".serverless", FILE), JSON.stringify(made.document, undefined, 2));
        log.notice(
          `.serverless/${FILE} has the ${made.document.components.length} packages in the functions.`,
        );
      },
    };
  }
};

function npmSbom(serviceDir, refuse) {
  try {
    // npm is a .cmd on Windows, which only a shell starts.
    const shell = process.platform === "win32";
    const limits = { cwd: serviceDir, encoding: "utf8", maxBuffer: 64 * 1024 * 1024, shell };
    return JSON.parse(execFileSync("npm", NPM_SBOM, { ...limits, stdio: ["ignore", "pipe", "pipe"] }));
  } catch (error) {
    const said = String(error.stderr ?? "").trim() || error.message;
    return refuse(`npm ${NPM_SBOM.join(" ")} failed: ${said}`);
  }
}
