import { hash } from "node:crypto";

/** A UUIDv5: the same name in the same namespace is the same id. https://www.rfc-editor.org/rfc/rfc9562#section-5.5 */
export function uuidFromName(namespace: string, name: string): string {
  const bytes = Buffer.allocUnsafe(NAMESPACE_BYTES + Buffer.byteLength(name));
  bytes.write(namespace.replaceAll("-", ""), "hex");
  bytes.write(name, NAMESPACE_BYTES, "utf8");
  const hex = hash("sha1", bytes);
  const variant = VARIANTS[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const NAMESPACE_BYTES = 16;
/** The upper two bits of the variant's digit are 10. */
const VARIANTS = ["8", "9", "a", "b"] as const;
