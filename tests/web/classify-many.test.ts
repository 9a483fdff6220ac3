/** Many pictures on several sessions, which only pretend. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BackendName } from '../../web/src/client/constants.generated.js';
import { disposed, KerasportError } from '../../web/src/client/errors.js';
import { type BatchResult, type Classifier, loadClassifier } from '../../web/src/client/index.js';
import type { OpenSession } from '../../web/src/client/page/session.js';
import type { ModelParts, Session, SessionAnswer } from '../../web/src/client/worker/core.js';
import { embed, removeEmbedded, SIDE, tinyBundle } from './tiny-bundle.js';

const LENGTH = SIDE * SIDE;
const MEMORY = { tensors: 2, bytes: 1000, wasmBytes: 16e6, heapBytes: null };
const lost = () => new KerasportError('inference-failed', 'dead', { kind: 'worker-ended' });

/** A session in a worker that is done with a picture when the test says so. */
class Pretended implements Session {
  /** Those that were opened in a test. */
  static all: Pretended[] = [];
  /** What comes of opening; undefined is a session in a worker on the backend that was asked for. */
  static opening: ((number: number) => Partial<OpenSession>) | undefined;
  /** Whether pictures are answered at once. */
  static isQuick = true;

  readonly number = Pretended.all.push(this) - 1;
  readonly asked: { finish(): void; fail(error: unknown): void }[] = [];
  isDisposed = false;
  isDead = false;

  constructor(
    readonly backend: BackendName,
    readonly parts: ModelParts,
  ) {}

  classify(image: unknown): Promise<SessionAnswer> {
    if (this.isDead) return Promise.reject(lost());
    const data = new Uint8Array(LENGTH);
    const [level] = (image as { data: Uint8Array }).data;
    const answer: SessionAnswer = {
      probabilities: Float32Array.of(level / 256, 1 - level / 256, 0),
      input: { data, height: SIDE, width: SIDE, channels: 1 },
      milliseconds: { decode: 0, preprocess: 0, inference: 1 },
    };
    return new Promise((resolve, reject) => {
      this.asked.push({ finish: () => resolve(answer), fail: reject });
      if (Pretended.isQuick) setTimeout(resolve, 1, answer);
    });
  }

  /** Takes everything that it owes with it, as a worker does. */
  die() {
    this.isDead = true;
    for (const { fail } of this.asked) fail(lost());
  }

  async preprocess(): Promise<never> {
    throw new Error('not asked for');
  }

  async predict(): Promise<never> {
    throw new Error('not asked for');
  }

  async classActivation() {
    return undefined;
  }

  async memory() {
    return MEMORY;
  }

  dispose() {
    this.isDisposed = true;
    for (const { fail } of this.asked) fail(disposed());
  }
}

vi.mock('../../web/src/client/page/session.js', async (original) => ({
  ...(await original<object>()),
  openSession: async (choice: string, _: unknown, parts: () => Promise<ModelParts>) => {
    const backend = (choice === 'auto' ? 'wasm' : choice) as BackendName;
    const session = new Pretended(backend, await parts());
    return { session, isRemote: true, ...Pretended.opening?.(session.number) };
  },
}));

let classifier: Classifier;
const unhandled: unknown[] = [];
const remember = (reason: unknown) => void unhandled.push(reason);

beforeEach(async () => {
  Object.assign(Pretended, { all: [], opening: undefined, isQuick: true });
  vi.stubGlobal('navigator', { hardwareConcurrency: 4 });
  embed('tiny', tinyBundle());
  process.on('unhandledRejection', remember);
  classifier = await loadClassifier();
});

afterEach(async () => {
  classifier.dispose();
  removeEmbedded();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  await settled();
  process.off('unhandledRejection', remember);
  expect(unhandled.splice(0)).toEqual([]);
});

/** Waits until so many sessions answer. */
const workersAre = (count: number) =>
  vi.waitFor(async () => expect((await classifier.memory()).workers).toBe(count));
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
const picture = (level: number) => ({
  data: new Uint8Array(LENGTH).fill(level),
  width: SIDE,
  height: SIDE,
  channels: 1 as const,
});
const pictures = (count: number) => Array.from({ length: count }, (_, level) => picture(level));
const levelsOf = (results: readonly Pick<BatchResult, 'index'>[]) =>
  results.map((result) => {
    const { probabilities } = Reflect.get(result, 'classification') ?? {};
    return probabilities && 256 * probabilities[0];
  });
const open = () => Pretended.all.filter(({ isDisposed }) => !isDisposed);

test('many pictures are dealt to workers that each have weights of their own', async () => {
  const seen: number[] = [];

  const results = await classifier.classifyMany(pictures(40), {
    async onResult({ index }) {
      seen.push(index);
      if (index === 0) await workersAre(3);
    },
  });

  expect(Pretended.all).toHaveLength(3);
  for (const { asked } of Pretended.all) expect(asked.length).toBeGreaterThan(5);
  expect(levelsOf(results)).toEqual(pictures(40).map((_, level) => level));
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  const weights = await Promise.all(
    Pretended.all.map(({ parts }) => Promise.all(parts.weightData)),
  );
  expect(new Set(weights.flat()).size).toBe(weights.flat().length);
  expect(weights).toEqual(weights.map(() => weights[0]));
});

test.each<[string, number, object, number]>([
  ['few pictures', 8, {}, 1],
  ['many pictures', 9, {}, 3],
  ['as many workers as are asked for', 3, { workers: 2 }, 2],
  ['one worker where one is asked for', 40, { workers: 1 }, 1],
])('%s: %d pictures %o', async (_, count, options, expected) => {
  await classifier.classifyMany(pictures(count), options);

  await workersAre(expected);
});

test('no more pictures are in flight than two for each worker', async () => {
  Pretended.isQuick = false;
  let asked = 0;
  function* stream() {
    for (;;) yield picture(asked++);
  }
  const batch = classifier.classifyMany(stream(), { workers: 3 });
  batch.catch(() => {});
  await workersAre(3);
  await settled();
  const alone = asked;

  Pretended.all[0].asked[0].finish();
  await settled();

  // One has been told meanwhile.
  expect([alone, asked]).toEqual([2, 7]);
  expect(Pretended.all.map((session) => session.asked.length)).toEqual([3, 2, 2]);
});

test('a graphics processor has no pool', async () => {
  const fast = await loadClassifier(undefined, { backend: 'webgl' });
  const before = Pretended.all.length;

  await fast.classifyMany(pictures(40), { workers: 4 });
  fast.dispose();

  expect(Pretended.all).toHaveLength(before);
});

test('the page itself has no pool, and one picture at a time', async () => {
  Pretended.opening = () => ({ isRemote: false });
  Pretended.isQuick = false;
  const local = await loadClassifier();

  const batch = local.classifyMany(pictures(40), { workers: 4 });
  batch.catch(() => {});
  await settled();

  expect(Pretended.all).toHaveLength(2);
  expect(Pretended.all[1].asked).toHaveLength(1);
  local.dispose();
});

test('where no other worker starts, the first one does all of it', async () => {
  Pretended.opening = () => {
    throw new Error('the policy forbids it');
  };

  const results = await classifier.classifyMany(pictures(20));

  expect(levelsOf(results)).toHaveLength(20);
  expect(Pretended.all[0].asked).toHaveLength(20);
});

test('a session that opens in the page itself is not one of them', async () => {
  Pretended.opening = () => ({ isRemote: false });

  await classifier.classifyMany(pictures(20));

  expect(open().map(({ number }) => number)).toEqual([0]);
});

test('a picture that cannot be read has its error, and the others their answers', async () => {
  const broken = 5 as never;

  const results = await classifier.classifyMany([...pictures(10), broken, picture(3)]);

  expect(results[10].error).toMatchObject({ code: 'invalid-argument' });
  expect(levelsOf(results).slice(9)).toEqual([9, undefined, 3]);
});

test('the picture of a worker that dies is answered by another one', async () => {
  Pretended.isQuick = false;
  const batch = classifier.classifyMany(pictures(4), { workers: 2 });
  await workersAre(2);
  Pretended.all[0].asked[0].finish();
  await settled();
  const [first, second] = Pretended.all;
  expect(second.asked).toHaveLength(1);

  Pretended.isQuick = true;
  second.die();
  for (const { finish } of first.asked) finish();

  expect(levelsOf(await batch)).toEqual([0, 1, 2, 3]);
  expect(second.isDisposed).toBe(true);
});

test('where the first worker dies, the model is loaded again and goes on', async () => {
  Pretended.isQuick = false;
  const batch = classifier.classifyMany(pictures(4), { workers: 1 });
  await settled();

  Pretended.isQuick = true;
  Pretended.all[0].die();

  expect(levelsOf(await batch)).toEqual([0, 1, 2, 3]);
  expect(Pretended.all).toHaveLength(2);
});

test.each([1, 2])('a picture that kills the second worker too is an error, with %d', async (n) => {
  Pretended.isQuick = false;
  const batch = classifier.classifyMany(pictures(4), { workers: n });
  batch.catch(() => {});
  for (let round = 0; round < 4; round++) {
    await settled();
    for (const session of Pretended.all) if (!session.isDead) session.die();
  }

  await expect(batch).rejects.toMatchObject({ code: 'inference-failed', kind: 'worker-ended' });

  // The classifier itself goes on.
  Pretended.isQuick = true;
  expect((await classifier.classify(picture(7))).probabilities[0]).toBe(7 / 256);
});

test('an error of the session that is about no picture ends the batch', async () => {
  Pretended.isQuick = false;
  const batch = classifier.classifyMany(pictures(9), { workers: 1 });
  batch.catch(() => {});
  await settled();

  Pretended.all[0].asked[0].fail(new KerasportError('inference-failed', 'no memory'));

  await expect(batch).rejects.toThrow('no memory');
});

test('a signal ends a batch on all workers at once', async () => {
  Pretended.isQuick = false;
  const stop = new AbortController();
  const batch = classifier.classifyMany(pictures(40), { workers: 3, signal: stop.signal });
  batch.catch(() => {});
  await settled();

  stop.abort();

  await expect(batch).rejects.toHaveProperty('name', 'AbortError');
});

test('disposing ends the batch, its workers, and those that are only starting', async () => {
  Pretended.isQuick = false;
  const batch = classifier.classifyMany(pictures(40), { workers: 3 });
  const starting = classifier.classifyMany(pictures(40), { workers: 5 });
  for (const each of [batch, starting]) each.catch(() => {});
  await settled();

  const more = classifier.classifyMany(pictures(40), { workers: 7 });
  classifier.dispose();

  for (const each of [batch, starting, more]) {
    await expect(each).rejects.toMatchObject({ code: 'disposed' });
  }
  await settled();
  expect(open().map(({ number }) => number)).toEqual([]);
});

test('a batch on one worker leaves those of an earlier one alone', async () => {
  await classifier.classifyMany(pictures(20));
  await workersAre(3);
  const before = Pretended.all.map(({ asked }) => asked.length);

  await classifier.classifyMany(pictures(20), { workers: 1 });

  const after = Pretended.all.map(({ asked }) => asked.length);
  expect(after).toEqual([before[0] + 20, ...before.slice(1)]);
});

test('workers are kept for the next batch, and end after a while without one', async () => {
  await classifier.classifyMany(pictures(20));
  await workersAre(3);
  vi.useFakeTimers();
  const next = classifier.classifyMany(pictures(20));
  await vi.advanceTimersByTimeAsync(1000);
  await next;
  expect(Pretended.all).toHaveLength(3);
  expect(await classifier.memory()).toEqual({
    workers: 3,
    tensors: 6,
    bytes: 3000,
    wasmBytes: 48e6,
    heapBytes: null,
  });

  await vi.advanceTimersByTimeAsync(29_000);
  expect(open()).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(2_000);

  expect(open().map(({ number }) => number)).toEqual([0]);
  expect((await classifier.memory()).workers).toBe(1);
});
