import { cursorsContract } from "../../lib/launchdarkly/audit-log/cursors.contract.ts";
import { memoryCursors } from "./memory-cursors.ts";

cursorsContract("memory", async () => memoryCursors());
