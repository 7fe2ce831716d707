import { hash, timingSafeEqual } from "node:crypto";

/** The kinds of keys that a sender can present as they are. */
export type CredentialKind = "writeKeys" | "tokens";

/** What a keyring reads of a connection's secret. */
type Keys = Readonly<Partial<Record<CredentialKind, readonly string[] | undefined>>>;

/** Which connection a presented key belongs to. */
export type Keyring = {
  /**
   * The name of the connection. Every key is compared, each in constant time, and only as digests: how long the
   * answer takes says nothing about the keys.
   */
  readonly ownerOf: (kind: CredentialKind, presented: string) => string | undefined;
  /** Keys that more than one connection has: no request can be told apart by them. */
  readonly shared: readonly SharedCredential[];
};

export type SharedCredential = { readonly kind: CredentialKind; readonly connections: readonly string[] };

/** The keys of some connections, by connection name. */
export function createKeyring(secrets: ReadonlyMap<string, Keys>): Keyring {
  const owned = [...secrets].flatMap(([connection, secret]) =>
    digestsOf(secret).map((key) => ({ ...key, connection })),
  );
  return {
    ownerOf: (kind, presented) => {
      const digest = digestOf(presented);
      const matching = owned.filter((key) => timingSafeEqual(key.digest, digest) && key.kind === kind);
      return matching[0]?.connection;
    },
    shared: sharedAmong(owned),
  };
}

const KINDS = ["writeKeys", "tokens"] as const satisfies readonly CredentialKind[];

type Key = { readonly kind: CredentialKind; readonly digest: Buffer; readonly id: string };

/** A secret is read every 15 s at most, keeps its object while it does not change, and is asked for with every request. */
const digests = new WeakMap<Keys, readonly Key[]>();

function digestsOf(secret: Keys): readonly Key[] {
  const known = digests.get(secret);
  if (known) return known;
  const keys = KINDS.flatMap((kind) =>
    (secret[kind] ?? []).map((key) => {
      const digest = digestOf(key);
      return { kind, digest, id: `${kind} ${digest.toString("hex")}` };
    }),
  );
  digests.set(secret, keys);
  return keys;
}

function digestOf(key: string): Buffer {
  return hash("sha256", key, "buffer");
}

function sharedAmong(owned: readonly (Key & { readonly connection: string })[]): SharedCredential[] {
  const ownersOf = new Map<string, { readonly kind: CredentialKind; readonly connections: Set<string> }>();
  for (const { id, kind, connection } of owned) {
    const owners = ownersOf.get(id) ?? { kind, connections: new Set<string>() };
    ownersOf.set(id, owners);
    owners.connections.add(connection);
  }
  return [...ownersOf.values()]
    .filter(({ connections }) => connections.size > 1)
    .map(({ kind, connections }) => ({ kind, connections: [...connections] }));
}
