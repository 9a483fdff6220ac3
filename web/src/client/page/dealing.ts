/** Many items in work at once, told in their order. */

/** How items are dealt out. */
export interface Deal<Item, Result> {
  /** How many items may be taken and not yet told; asked again for each, because it may grow. */
  readonly window: () => number;
  /** The work on one item. */
  work(item: Item, index: number): Promise<Result>;
  /** Told each result in the order of the items; the next one waits for a promise. */
  tell(result: Result, item: Item): void | Promise<void>;
  /** Each of them ends everything at once. */
  readonly signals: readonly AbortSignal[];
}

type Source<Item> = AsyncIterator<Item> | Iterator<Item | PromiseLike<Item>>;

/**
 * Does work on every item. An item is asked for only where there is room for it, so that a stream is
 * never read ahead of the work.
 *
 * @throws the first error, in the order of the items, of the work or the telling; a signal's reason.
 */
export function dealInOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { window, work, tell, signals }: Deal<Item, Result>,
): Promise<void> {
  for (const signal of signals) signal.throwIfAborted();
  const source = sourceOf(items);
  return new Promise((resolve, reject) => {
    const waiting: { readonly item: Item; readonly working: Promise<Result> }[] = [];
    let [taken, told] = [0, 0];
    let [isOver, isExhausted, isTaking, isTelling] = [false, false, false, false];

    const end = (settle: () => void) => {
      if (isOver) return;
      isOver = true;
      waiting.length = 0;
      for (const [signal, abort] of aborts) signal.removeEventListener('abort', abort);
      if (!isExhausted) close(source);
      settle();
    };
    const fail = (error: unknown) => end(() => reject(error));
    const aborts = signals.map((signal) => [signal, () => fail(signal.reason)] as const);
    for (const [signal, abort] of aborts) signal.addEventListener('abort', abort);

    const take = async () => {
      if (isTaking) return;
      isTaking = true;
      while (!isOver && !isExhausted && taken - told < window()) {
        // Nobody closes what has ended or thrown.
        isExhausted = true;
        const { done, value } = await source.next();
        isExhausted = done === true;
        if (done) break;
        const item: Item = await value;
        // Closing was left to us while the source was at work.
        if (isOver) close(source);
        if (isOver) break;
        const working = work(item, taken++);
        // Whoever tells hears of it, in its turn.
        working.catch(() => {});
        waiting.push({ item, working });
        tellAll().catch(fail);
      }
      isTaking = false;
      if (isExhausted && told === taken) end(resolve);
    };
    const tellAll = async () => {
      if (isTelling) return;
      isTelling = true;
      for (let next = waiting.shift(); next && !isOver; next = waiting.shift()) {
        const result = await next.working;
        if (isOver) return;
        await tell(result, next.item);
        told++;
        take().catch(fail);
      }
      isTelling = false;
    };
    take().catch(fail);
  });
}

function sourceOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): Source<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

/** Tells a source that nobody asks any more; what it says to that concerns nobody. */
function close<Item>(source: Source<Item>): void {
  try {
    Promise.resolve(source.return?.()).catch(() => {});
  } catch {}
}
