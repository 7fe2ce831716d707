import { afterAll, beforeAll, expect, test } from "vitest";
import { flagbridge } from "../test/support/flagbridge.ts";
import { type TemporaryFolder, temporaryFolder } from "../test/support/temporary-folder.ts";

let folder: TemporaryFolder;
let config: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  config = await folder.file(
    "config",
    [
      "[profile prod]",
      "sso_session = own",
      "sso_account_id = 111122223333",
      "sso_role_name = Admin",
      "[sso-session own]",
      "sso_region = eu-central-1",
      "sso_start_url = https://example.awsapps.com/start",
    ].join("\n"),
  );
});
afterAll(() => folder?.remove());

const onStage = (...args: readonly string[]) =>
  flagbridge(["status", "--stage", "prod", ...args], {
    env: {
      HOME: folder.path,
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: `${folder.path}/none`,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ACCESS_KEY_ID: "",
      AWS_SECRET_ACCESS_KEY: "",
    },
  });

test("without an SSO session the login is named with the profile of the command line", async () => {
  const { code, stdout, stderr } = await onStage("--profile", "prod", "--json");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/aws sso login --profile prod\n$/);
});

test("without credentials it says how to name some", async () => {
  const { code, stderr } = await onStage();
  expect(code).toBe(2);
  expect(stderr).toMatch(/^AWS credentials were not found .* --profile/);
});
