import { ledgerContract } from "../../lib/audience/ledger/ledger.contract.ts";
import { memoryLedger } from "./memory-ledger.ts";

ledgerContract("memory", async () => memoryLedger());
