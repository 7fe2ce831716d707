import { decode, encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";
import * as z from "zod";

const sourceMap = z.looseObject({
  sources: z.array(z.string()),
  names: z.array(z.string()),
  mappings: z.string(),
});

/**
 * The source map with positions in the project's own files only. Node reads the map whenever it loads the function, and
 * most of it is about packages, whose frames in a stack trace keep their position in the bundle.
 */
export function withoutThirdParty(text: string): string {
  const map = sourceMap.parse(JSON.parse(text));
  const isOwn = map.sources.map((source) => !/node_modules\/|^in-place-of:/.test(source));
  const lines = decode(map.mappings).map((segments) => withoutForeign(segments, isOwn));
  const usedNames = new Set(lines.flat().map(([, , , , name]) => name));
  const isUsed = map.names.map((_name, index) => usedNames.has(index));
  const [sourceAt, nameAt] = [positionsOfKept(isOwn), positionsOfKept(isUsed)];
  const renumbered = (segment: SourceMapSegment): SourceMapSegment => {
    if (segment.length === 1) return segment;
    const [column, source, line, sourceColumn, name] = segment;
    const place = [column, sourceAt(source), line, sourceColumn] as const;
    return name === undefined ? [...place] : [...place, nameAt(name)];
  };
  return JSON.stringify({
    ...map,
    sources: map.sources.filter((_source, index) => isOwn[index]),
    names: map.names.filter((_name, index) => isUsed[index]),
    mappings: encode(lines.map((segments) => segments.map(renumbered))),
  });
}

/** A run of segments from other files becomes one that maps to nothing: without it, the last own position would go on. */
function withoutForeign(
  segments: readonly SourceMapSegment[],
  isOwn: readonly boolean[],
): SourceMapSegment[] {
  const kept: SourceMapSegment[] = [];
  for (const segment of segments) {
    const own = segment.length > 1 && isOwn[segment[1] ?? -1] === true;
    if (own) kept.push(segment);
    else if (kept.length === 0 || kept.at(-1)?.length !== 1) kept.push([segment[0]]);
  }
  return kept;
}

function positionsOfKept(isKept: readonly boolean[]): (index: number) => number {
  let kept = 0;
  const positions = isKept.map((keep) => (keep ? kept++ : -1));
  return (index) => positions[index] ?? -1;
}
