import { listingContract } from "../../lib/audience/ledger/listing.contract.ts";
import { memoryLedger, memoryTable } from "./memory-ledger.ts";
import { memoryListing } from "./memory-listing.ts";

listingContract("memory", async () => {
  const table = memoryTable();
  return { ledger: memoryLedger(table), listing: memoryListing(table) };
});
