/**
 * Escapes everything beyond ASCII, so that the length of the JSON is its size in bytes. SQS refuses a message with U+FFFE or
 * U+FFFF in it, and some of its stand-ins every character beyond U+FFFF; escaped, they all pass.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function toAscii(json: string): string {
  // Most texts are ASCII already. Comparing their bytes to their length costs far less than searching them.
  if (Buffer.byteLength(json) === json.length) return json;
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** How many bytes a text takes in such JSON, its quotes included. */
export function textBytes(text: string): number {
  let bytes = 2 + text.length;
  // Nearly every key and id matches, and the expression is several times faster than the loop.
  if (PLAIN.test(text)) return bytes;
  for (let i = 0; i < text.length; i++) bytes += extraBytes(text.charCodeAt(i));
  return bytes;
}

/** How many bytes a whole number takes. */
export function integerBytes(value: number): number {
  let bytes = value < 0 ? 2 : 1;
  for (let rest = Math.abs(value); rest >= 10; rest /= 10) bytes += 1;
  return bytes;
}

/** How many bytes a UTF-16 unit takes beyond its first: `\n` takes one more, `\u0001` and `\u00e9` take five more. */
function extraBytes(unit: number): number {
  if (unit >= 0x20 && unit < 0x80) return unit === QUOTE || unit === BACKSLASH ? 1 : 0;
  return SHORT_ESCAPES.has(unit) ? 1 : 5;
}

/** ASCII without controls, the quote and the backslash. */
const PLAIN = /^[ !#-[\]-\u007f]*$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `\b`, `\t`, `\n`, `\f` and `\r`. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);
