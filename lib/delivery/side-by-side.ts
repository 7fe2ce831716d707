/**
 * Runs every piece of work, `atOnce` at a time, and starts no more once one has failed. It ends only when everything
 * it started has ended: work that outlives its invocation would go on in the next one, or in none.
 */
export async function sideBySide<Piece>(
  pieces: readonly Piece[],
  atOnce: number,
  work: (piece: Piece) => Promise<void>,
): Promise<void> {
  const waiting = [...pieces].reverse();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let piece = waiting.pop(); piece !== undefined && !failed; piece = waiting.pop()) {
      try {
        await work(piece);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, pieces.length) }, worker));
  const failure = ends.find((end) => end.status === "rejected");
  if (failure) throw failure.reason;
}
