import { hash, timingSafeEqual } from "node:crypto";

/** The kinds of keys that a sender puts into its request as they are. */
export type CredentialKind = "writeKeys" | "tokens";

/** The members of a connection's secret that a keyring reads. */
type Keys = Readonly<Partial<Record<CredentialKind, readonly string[] | undefined>>>;

/** Finds the connection that a presented key belongs to. */
export type Keyring = {
  /**
   * Returns the connection's name. It compares every key, in constant time and only as digests, so that the time to the
   * answer says nothing about the keys.
   */
  readonly ownerOf: (kind: CredentialKind, presented: string) => string | undefined;
  /** Keys that more than one connection has: they cannot say which connection a request is for. */
  readonly shared: readonly SharedCredential[];
};

export type SharedCredential = { readonly kind: CredentialKind; readonly connections: readonly string[] };

/** Builds a keyring from the secrets of some connections, by connection name. */
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

/** Every request needs the digests. The reader of secrets returns the same object until a secret changes, so it can be the key. */
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
