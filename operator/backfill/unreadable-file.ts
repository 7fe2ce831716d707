/**
 * The file cannot be read to its end: it is damaged, ends in the middle of a row, changed, or is none that is understood. What was
 * read before is in the queue. The message says what to do.
 */
export class UnreadableFileError extends Error {
  override readonly name = "UnreadableFileError";
}
