import { hash } from "node:crypto";

/** LaunchDarkly allows letters, digits, `.`, `_` and `-`; the length is our limit. https://launchdarkly.com/docs/home/flags/segments-create */
const KEY = /^[A-Za-z0-9][\w.-]{0,99}$/;
const MAX_SLUG_CHARS = 91;

/**
 * Returns the key of the LaunchDarkly segment for a source's segment id: the id itself if it is a valid key, else its valid
 * characters and 8 hex digits of its SHA-256, so that two similar ids stay two segments.
 */
export function segmentKeyOf(id: string): string {
  if (KEY.test(id)) return id;
  const slug = id
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, MAX_SLUG_CHARS)
    .replace(/-+$/, "");
  return `${slug === "" ? "segment" : slug}-${hash("sha256", id).slice(0, 8)}`;
}
