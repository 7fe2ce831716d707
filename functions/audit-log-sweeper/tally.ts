/** What is counted of a run over one feed. */
export type Tally = {
  /** Entries that the pages held, repetitions included. */
  read: number;
  queued: number;
  /** Queued before: they were not queued again. */
  known: number;
  /** The connection does not select them. */
  unselected: number;
  /** They have no kind or no time, so they are no entries. */
  unreadable: number;
  /** Queued as the list has them, because the entry itself could not be read. */
  incomplete: number;
  /** Times that entries of one ms did not fit a page, and LaunchDarkly had no link to the rest. */
  crowded: number;
};

export const noTally = (): Tally => ({
  read: 0,
  queued: 0,
  known: 0,
  unselected: 0,
  unreadable: 0,
  incomplete: 0,
  crowded: 0,
});

export function totalOf(tallies: readonly Tally[]): Tally {
  const sum = (count: keyof Tally): number => tallies.reduce((total, tally) => total + tally[count], 0);
  return {
    read: sum("read"),
    queued: sum("queued"),
    known: sum("known"),
    unselected: sum("unselected"),
    unreadable: sum("unreadable"),
    incomplete: sum("incomplete"),
    crowded: sum("crowded"),
  };
}
