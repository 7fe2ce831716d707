import { replaysContract } from "../../lib/replays/replays.contract.ts";
import { memoryReplays } from "./memory-replays.ts";

replaysContract("memory", async () => memoryReplays());
