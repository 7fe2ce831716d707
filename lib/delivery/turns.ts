/**
 * Pieces in the order in which their owners take turns: the first of each owner, then the second of each, and so on.
 * Each owner's own order stays, and owners follow each other as their first pieces do. In the order of arrival, one
 * owner with many pieces would keep all others waiting until the last of them has begun.
 */
export function inTurns<Piece, Owner>(
  pieces: Iterable<Piece>,
  ownerOf: (piece: Piece) => Owner,
): readonly Piece[] {
  const taken = new Map<Owner, number>();
  const rounds: Piece[][] = [];
  for (const piece of pieces) {
    const owner = ownerOf(piece);
    const round = taken.get(owner) ?? 0;
    taken.set(owner, round + 1);
    const open = rounds[round];
    if (open) open.push(piece);
    else rounds.push([piece]);
  }
  return rounds.flat();
}
