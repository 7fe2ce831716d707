/**
 * How long tests go on that could go on for ever. `npm test`: searches are as long as people wait for, and stacks have
 * shorter clocks. `npm run test:long` repeats them for ten times as many cases, and with the clocks that `npm start` has.
 */

/** How many times as many cases as in `npm test`. Settable: SEARCH_TIMES=1000 npm run test:long -- functions/ingest. */
export const SEARCH_TIMES = Number(process.env.SEARCH_TIMES ?? 1);

export const IS_LONG = process.env.TEST_LENGTH === "long";

/** A hold in a stack of `npm test`, for `npm start -- --hold`. */
export const SHORT_HOLD_SECONDS = 10;

/** For a stack in whose tests much is lost, killed or late: its clocks. */
export const CLOCKS: readonly string[] = IS_LONG ? [] : ["--hold", String(SHORT_HOLD_SECONDS)];
