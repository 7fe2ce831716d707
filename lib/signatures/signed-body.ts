/** A body of which nobody knows yet who sent it. Reading it costs as much as is asked for, and nothing of it is kept. */
export type SignedBody = {
  /** Where it begins and ends, as text. Read once. */
  readonly ends: () => Promise<BodyEnds>;
  /**
   * Gives every inflated byte, in order; a text stands for its UTF-8. False when they are not to be had: the body is no gzip,
   * or larger than it may be.
   */
  readonly each: (take: (chunk: Uint8Array | string) => void) => Promise<boolean>;
};

export type BodyEnds = {
  /** The first bytes, as many as the reader's budget lets it inflate. The last character may be cut. */
  readonly first: string;
  /** Whether that is the whole body. */
  readonly isWhole: boolean;
  /** The last bytes, as many; empty where `first` is whole, or where the rest would have to be inflated for them. */
  readonly last: string;
};
