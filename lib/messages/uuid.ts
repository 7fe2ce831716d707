import { hash } from "node:crypto";

/** Makes UUIDv5: the same name in the same namespace is the same id. https://www.rfc-editor.org/rfc/rfc9562#section-5.5 */
export function uuidsIn(namespace: string): (name: string) => string {
  const prefix = Buffer.from(namespace.replaceAll("-", ""), "hex");
  return (name) => {
    const bytes = Buffer.allocUnsafe(prefix.length + Buffer.byteLength(name));
    bytes.set(prefix);
    bytes.write(name, prefix.length);
    return uuidOf(hash("sha1", bytes));
  };
}

function uuidOf(hex: string): string {
  const variant = VARIANTS[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The upper two bits of the variant's digit are 10. */
const VARIANTS = ["8", "9", "a", "b"] as const;
