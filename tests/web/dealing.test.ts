/** The order and the bounds of work that is dealt out. */

import { expect, test } from 'vitest';
import { type Deal, dealInOrder } from '../../web/src/client/page/dealing.js';

interface Task {
  readonly item: number;
  finish(): void;
  fail(error: unknown): void;
}

/** A deal of numbers whose work the test ends by hand. */
function deal(
  items: Iterable<number> | AsyncIterable<number>,
  options: Partial<Deal<number, number>> = {},
) {
  const tasks: Task[] = [];
  const told: number[] = [];
  const done = dealInOrder<number, number>(items, {
    window: () => 3,
    signals: [],
    work: (item) =>
      new Promise((resolve, reject) => {
        tasks.push({ item, finish: () => resolve(item), fail: reject });
      }),
    tell: (result) => void told.push(result),
    ...options,
  });
  return { tasks, told, done };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** Numbers from 0, which remembers how many were asked for, and whether somebody closed it. */
function stream(length = Number.POSITIVE_INFINITY) {
  const seen = { asked: 0, isClosed: false };
  function* numbers() {
    try {
      while (seen.asked < length) yield seen.asked++;
    } finally {
      seen.isClosed = true;
    }
  }
  return { seen, items: numbers() };
}

test('results are told in the order of the items, whichever is done first', async () => {
  const { tasks, told, done } = deal([0, 1, 2]);
  await settled();

  tasks[2].finish();
  tasks[1].finish();
  await settled();
  const before = [...told];
  tasks[0].finish();
  await done;

  expect(before).toEqual([]);
  expect(told).toEqual([0, 1, 2]);
});

test('no more items are asked for than may be untold, also where later ones are done', async () => {
  const { seen, items } = stream();
  const { tasks } = deal(items);
  await settled();
  tasks[1].finish();
  tasks[2].finish();
  await settled();
  const before = seen.asked;

  tasks[0].finish();
  await settled();

  expect([before, seen.asked]).toEqual([3, 6]);
});

test('the next item waits for what the telling waits for', async () => {
  const { seen, items } = stream();
  let goOn = () => {};
  const tell = () => new Promise<void>((resolve) => (goOn = resolve));
  const { tasks } = deal(items, { tell, window: () => 1 });
  await settled();
  tasks[0].finish();
  await settled();
  const before = seen.asked;

  goOn();
  await settled();

  expect([before, seen.asked]).toEqual([1, 2]);
});

test('a window that grows meanwhile is filled', async () => {
  const { seen, items } = stream();
  let size = 1;
  const { tasks } = deal(items, { window: () => size });
  await settled();

  size = 4;
  tasks[0].finish();
  await settled();

  expect(seen.asked).toBe(5);
});

test.each([
  ['a list', [4, 5]],
  ['promises in a list', [Promise.resolve(4), Promise.resolve(5)] as unknown as number[]],
  [
    'a stream',
    (async function* () {
      yield 4;
      yield 5;
    })(),
  ],
])('%s is worked through', async (_, items) => {
  const told: number[] = [];

  await dealInOrder<number, number>(items, {
    window: () => 2,
    signals: [],
    work: async (item) => item,
    tell: (result) => void told.push(result),
  });

  expect(told).toEqual([4, 5]);
});

test('nothing to do is done at once', async () => {
  await deal([]).done;
});

test('an error is thrown in its turn, what is before it is told, and nothing behind', async () => {
  const { seen, items } = stream();
  const { tasks, told, done } = deal(items);
  done.catch(() => {});
  await settled();
  const wrong = new Error('wrong');

  tasks[1].fail(wrong);
  tasks[2].finish();
  await settled();
  tasks[0].finish();

  await expect(done).rejects.toBe(wrong);
  expect(told).toEqual([0]);
  expect(seen.isClosed).toBe(true);
});

test('an error of the telling ends it', async () => {
  const { seen, items } = stream();
  const mine = new Error('mine');
  const tell = () => {
    throw mine;
  };
  const { tasks, done } = deal(items, { tell });
  await settled();

  tasks[0].finish();

  await expect(done).rejects.toBe(mine);
  expect(seen.isClosed).toBe(true);
});

test('an error of the source ends it', async () => {
  const lost = new Error('lost');
  function* items() {
    yield 1;
    throw lost;
  }

  await expect(deal(items()).done).rejects.toBe(lost);
});

test('a signal ends it at once: while work is done, and while a source hangs', async () => {
  const { seen, items } = stream();
  const hanging: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
  };
  for (const source of [items, hanging]) {
    const stop = new AbortController();
    const { tasks, told, done } = deal(source, {
      signals: [new AbortController().signal, stop.signal],
    });
    await settled();

    stop.abort('enough');

    await expect(done).rejects.toBe('enough');
    tasks[0]?.finish();
    await settled();
    expect(told).toEqual([]);
  }
  expect(seen).toEqual({ asked: 3, isClosed: true });
});

test('a source that gives an item after the end is closed, and the item is not worked on', async () => {
  let give = (_: IteratorResult<number>) => {};
  let closed = 0;
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((resolve) => (give = resolve)),
      async return() {
        closed++;
        return { done: true, value: undefined };
      },
    }),
  };
  const stop = new AbortController();
  const { tasks, done } = deal(source, { signals: [stop.signal] });
  stop.abort('enough');
  await expect(done).rejects.toBe('enough');

  give({ done: false, value: 7 });
  await settled();

  expect([tasks.length, closed]).toEqual([0, 1]);
});

test('a signal that is aborted already asks for nothing', () => {
  const { seen, items } = stream();

  expect(() => deal(items, { signals: [AbortSignal.abort('no')] })).toThrow('no');
  expect(seen.asked).toBe(0);
});
