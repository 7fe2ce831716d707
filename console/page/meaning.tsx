import { useEffect, useState } from "preact/hooks";
import { call } from "./call.ts";

type Meanings = Readonly<Record<string, string>>;

let read: Promise<Meanings> | undefined;

/** What docs/errors.md says of a reason or code; its name where it says nothing. */
export function Meaning({ of }: { readonly of: string }) {
  const [meanings, setMeanings] = useState<Meanings>({});
  useEffect(() => {
    read ??= call<{ readonly meanings: Meanings }>("GET", "/meanings").then((answer) => answer.meanings);
    read.then(setMeanings).catch(() => {
      read = undefined;
    });
  }, []);
  return (
    <p>
      <code>{of}</code> {meanings[of]} <span class="facts">docs/errors.md has all of them.</span>
    </p>
  );
}
