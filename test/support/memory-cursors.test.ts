import { cursorsContract } from "../../functions/audit-log-sweeper/cursors/cursors.contract.ts";
import { memoryCursors } from "./memory-cursors.ts";

cursorsContract("memory", async () => memoryCursors());
