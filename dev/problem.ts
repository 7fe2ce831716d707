/** Something the person at the terminal can put right. `start.ts` prints the message alone and exits 1. */
export class StartProblem extends Error {
  override readonly name = "StartProblem";
}
