import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type LineCounter,
} from "yaml";
import type { Problem } from "./problems.ts";

/** Both numbers start at 1, as in editors. */
export type Place = { readonly line: number; readonly column: number };

export function describePlace({ line, column }: Place): string {
  return `line ${line}, column ${column}`;
}

/**
 * Returns where in the text a problem is: at the value if it is a text, a number or an item of a list, otherwise at its
 * name. For something missing, it is the place of the last step of the path that exists.
 */
export function placeOf({ path, about }: Problem, document: Document, lines: LineCounter): Place {
  let node: unknown = document.contents;
  let offset = isCollection(node) ? 0 : offsetOf(node);
  for (const [index, step] of path.entries()) {
    const found = stepInto(isAlias(node) ? node.resolve(document) : node, step);
    if (found === undefined) break;
    const isItsName = about === "name" && index === path.length - 1;
    offset = (isItsName ? found.nameOffset : found.offset) ?? offset;
    node = found.node;
  }
  return placeAt(offset ?? 0, lines);
}

export function placeAt(offset: number, lines: LineCounter): Place {
  const { line, col } = lines.linePos(offset);
  // The counter has no line for an empty text.
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

type Found = {
  readonly node: unknown;
  readonly offset: number | undefined;
  readonly nameOffset: number | undefined;
};

function stepInto(node: unknown, step: PropertyKey): Found | undefined {
  if (isSeq(node) && typeof step === "number") {
    const item = node.items[step];
    return item === undefined ? undefined : { node: item, offset: offsetOf(item), nameOffset: undefined };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isPair(item) && nameOf(item.key) === String(step));
  if (pair === undefined) return undefined;
  const hasOwnText = isScalar(pair.value) && pair.value.source !== undefined && pair.value.source !== "";
  const nameOffset = offsetOf(pair.key);
  const offset = hasOwnText || isAlias(pair.value) ? offsetOf(pair.value) : nameOffset;
  return { node: pair.value, offset, nameOffset };
}

function nameOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
