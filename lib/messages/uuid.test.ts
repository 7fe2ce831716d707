import { expect, test } from "vitest";
import { uuidsIn } from "./uuid.ts";

// The name-based example of RFC 9562, appendix A.4: www.example.com in the namespace of DNS names.
test("a name in a namespace is the UUIDv5 that the standard gives", () => {
  expect(uuidsIn("6ba7b810-9dad-11d1-80b4-00c04fd430c8")("www.example.com")).toBe(
    "2ed6657d-e927-568b-95e1-2665a8aea6a2",
  );
});
