/** A JSON object of unknown members. */
export type Json = Readonly<Record<string, unknown>>;

/** A JSON object: neither null nor a list. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a text holds; undefined when it is no JSON: no JSON text is undefined. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON as a person reads it, indented; any other text as it is. */
export function indentedJson(text: string): string {
  const value = readJson(text);
  return value === undefined ? text : JSON.stringify(value, undefined, 2);
}

/**
 * The JSON of a value; undefined when it is nested too deeply to be written. What JSON.parse reads has no cycles and no
 * other values that JSON.stringify refuses.
 */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
