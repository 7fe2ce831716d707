import type { SignedBody } from "../../lib/signatures/signed-body.ts";

/** A body that is there as a whole, and within every budget. */
export function wholeBody(text: string): SignedBody {
  return {
    ends: async () => ({ first: text, isWhole: true, last: "" }),
    each: async (take) => {
      take(text);
      return true;
    },
  };
}
