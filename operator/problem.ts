/**
 * A task cannot be done, for a reason that the person who started it can put right: the message says what was wrong and what to
 * type. Nothing was changed, unless the message says so. The command line exits with 2.
 */
export class OperatorProblem extends Error {
  override readonly name = "OperatorProblem";
}
