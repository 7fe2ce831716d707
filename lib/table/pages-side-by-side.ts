/**
 * The pages of several sources as they come, `atOnce` sources at a time. Of each that is being read, one page at most waits
 * to be taken: a slow reader slows the reading down and never fills the memory.
 *
 * It ends only when every page that it asked for has come or failed, also when its reader stops before the end.
 */
export async function* pagesSideBySide<Page>(
  sources: readonly AsyncIterable<Page>[],
  atOnce: number,
): AsyncGenerator<Page, void, undefined> {
  const waiting = [...sources].reverse();
  const coming = new Map<AsyncIterator<Page>, Promise<Come<Page>>>();
  const ask = (source: AsyncIterator<Page>): void => {
    const page = source.next().then((result) => ({ source, result }));
    // It may fail while the reader is busy with another page. The race below throws it; without a handler until then, Node would
    // end the process.
    page.catch(() => {});
    coming.set(source, page);
  };
  const open = (): void => {
    const source = waiting.pop();
    if (source) ask(source[Symbol.asyncIterator]());
  };
  try {
    for (let opened = 0; opened < atOnce; opened += 1) open();
    while (coming.size > 0) {
      const { source, result } = await Promise.race(coming.values());
      if (result.done) {
        coming.delete(source);
        open();
      } else {
        ask(source);
        yield result.value;
      }
    }
  } finally {
    await Promise.allSettled(coming.values());
  }
}

type Come<Page> = { readonly source: AsyncIterator<Page>; readonly result: IteratorResult<Page> };
