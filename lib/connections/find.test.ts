import { describe, expect, test } from "vitest";
import { connectionNamed } from "./find.ts";
import { createKeyring } from "./keyring.ts";
import { connectionsFile } from "./schema.ts";

const keyring = createKeyring(
  new Map([
    ["engage", { writeKeys: ["write-1", "write-2"] }],
    ["own", { tokens: ["token-1"], writeKeys: ["write-3"] }],
  ]),
);

describe("a keyring", () => {
  test("knows whose every active key is", () => {
    expect(["write-1", "write-2", "write-3"].map((key) => keyring.ownerOf("writeKeys", key))).toEqual([
      "engage",
      "engage",
      "own",
    ]);
    expect(keyring.ownerOf("tokens", "token-1")).toBe("own");
  });

  test.each(["", "write", "write-11", "WRITE-1", "token-1"])("knows no other write key: %j", (key) => {
    expect(keyring.ownerOf("writeKeys", key)).toBeUndefined();
  });

  test("tells which keys are shared", () => {
    const shared = createKeyring(
      new Map([
        ["a", { tokens: ["x", "y"] }],
        ["b", { tokens: ["y"] }],
        ["c", { tokens: ["z", "z"] }],
      ]),
    );
    expect(shared.shared).toEqual([{ kind: "tokens", connections: ["a", "b"] }]);
    expect(keyring.shared).toEqual([]);
  });
});

describe("the connection of a name", () => {
  const connections = connectionsFile.parse({
    connections: { engage: { source: "segment", secret: "engage", audiences: { to: ["production"] } } },
  });

  test("is found", () => expect(connectionNamed(connections, "engage")).toBe(connections.connections.engage));

  test.each(["other", "constructor", "__proto__", "toString", ""])("is not there for %j", (name) => {
    expect(connectionNamed(connections, name)).toBeUndefined();
  });
});
