import { readdirSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findPython } from "../../dev/emulated/python.ts";
import { openVirtualEnvironment } from "../../dev/emulated/virtual-environment.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await temporaryFolder();
});

afterEach(() => folder.remove());

const python = await findPython(["python3", "python"]).catch(() => undefined);

test.skipIf(!python)(
  "without a network it says what pip needs, and leaves no half of an environment",
  async () => {
    if (!python) return;
    const requirements = await folder.file(
      "requirements.txt",
      `ministack==1.5.33 --hash=sha256:${"0".repeat(64)}\n`,
    );
    const making = openVirtualEnvironment({
      python,
      parent: folder.path,
      requirements,
      // Nothing listens on the discard port.
      environment: {
        PATH: process.env.PATH,
        PIP_INDEX_URL: "http://127.0.0.1:9/simple",
        PIP_CONFIG_FILE: "/dev/null",
      },
      report: () => {},
    });
    await expect(making).rejects.toThrow(
      /pip cannot install .*[\s\S]*It needs PyPI once[\s\S]*PIP_INDEX_URL/,
    );
    expect(readdirSync(folder.path)).toEqual(["requirements.txt"]);
  },
);
