/** What callers give wrongly is named, with what is taken; and nothing is started for it. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Classifier, type ImageSource, loadClassifier } from '../../web/src/client/index.js';
import { embed, removeEmbedded, SIDE, tinyBundle } from './tiny-bundle.js';

const LENGTH = SIDE * SIDE;
const PICTURE = { data: new Uint8Array(LENGTH), width: SIDE, height: SIDE, channels: 1 as const };

let classifier: Classifier;
const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);

beforeEach(async () => {
  embed('tiny', tinyBundle({}));
  classifier = await loadClassifier(undefined, { backend: 'cpu' });
  process.on('unhandledRejection', note);
});

afterEach(() => {
  process.off('unhandledRejection', note);
  unhandled.length = 0;
  classifier.dispose();
  removeEmbedded();
});

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'Was there a file to choose from?'],
  ['null', null, 'Was there a file to choose from?'],
  ['a number', 5, 'The picture is 5.'],
  ['bytes', new Uint8Array(3), 'new Blob([bytes])'],
  ['a buffer', new ArrayBuffer(3), 'new Blob([bytes])'],
  ['a response', new Response(''), 'await response.blob()'],
  ['a promise', Promise.resolve(PICTURE), 'Wait for it with await'],
  ['a list', [PICTURE], 'classifyMany()'],
  ['a context', { canvas: {} }, 'Give its canvas'],
  ['a URL', new URL('https://example.org/a.png'), 'Fetch it'],
  ['an object', {}, 'The picture is an object.'],
])('as a picture: %s', async (_, value, message) => {
  const picture = value as ImageSource;
  const wrong = { code: 'invalid-argument', message: expect.stringContaining(message) };

  await expect(classifier.classify(picture)).rejects.toMatchObject(wrong);
  await expect(classifier.preprocess(picture)).rejects.toMatchObject(wrong);
  await expect(classifier.explain(picture)).rejects.toMatchObject(wrong);
});

test.each<[string, object, string]>([
  ['topK', { topK: Number.NaN }, "'topK' is NaN. Expected a whole number from 1"],
  ['topK', { topK: -1 }, "'topK' is -1"],
  ['topK', { topK: '3' }, '\'topK\' is "3"'],
  ['signal', { signal: 5 }, "'signal' is 5. Expected an AbortSignal"],
])('as an option: %s %o', async (_, options, message) => {
  await expect(classifier.classify(PICTURE, options)).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining(message),
  });
});

test.each<[string, () => Promise<unknown>, string]>([
  ['no options', () => classifier.classify(PICTURE, null as never), 'The options are null'],
  ['a class by its text', () => classifier.explain(PICTURE, { classIndex: '1' as never }), '"1"'],
  ['half a class', () => classifier.explain(PICTURE, { classIndex: 0.5 }), '0.5'],
  ['one picture of many', () => classifier.classifyMany(5 as never), 'The pictures are 5'],
  ['no input', () => classifier.predict(undefined as never), 'input is undefined'],
  ['no model', () => loadClassifier(null as never), 'source is null'],
  ['a number as a model', () => loadClassifier(5 as never), 'source is 5'],
  ['a source of no kind', () => loadClassifier({} as never), 'source is an object'],
  ['files that are none', () => loadClassifier({ files: 3 } as never), 'source is an object'],
  ['a worker of no kind', () => loadClassifier(undefined, { worker: 'yes' as never }), '"yes"'],
  ['a backend of no kind', () => loadClassifier(undefined, { backend: 'gpu' as never }), '"gpu"'],
  [
    'a listener of no kind',
    () => loadClassifier(undefined, { onBackendChange: 1 as never }),
    "'onBackendChange' is 1",
  ],
  [
    'half a worker',
    () => classifier.classifyMany([PICTURE], { workers: 0.5 }),
    "'workers' is 0.5. Expected a whole number from 1, or 'auto'",
  ],
  ['a fetch of no kind', () => loadClassifier('m/', { fetch: 1 as never }), "'fetch' is 1"],
])('%s is refused', async (_, work, message) => {
  await expect(work()).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining(message),
  });
});

test('a signal that is aborted already starts nothing, and leaves no rejection behind', async () => {
  const options = { signal: AbortSignal.abort() };

  await expect(classifier.classify(new Blob(['x']), options)).rejects.toHaveProperty(
    'name',
    'AbortError',
  );
  await new Promise((resolve) => setTimeout(resolve, 20));

  expect(unhandled).toEqual([]);
});

test('what is disposed of while it works says so', async () => {
  const working = Promise.allSettled([1, 2, 3].map(() => classifier.classify(PICTURE)));

  classifier.dispose();

  for (const answer of await working) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'disposed' } });
  }
});

test("an error of the caller's own progress is his, and ends the loading", async () => {
  let calls = 0;
  const mine = new Error('mine');
  const onProgress = () => {
    calls++;
    throw mine;
  };

  await expect(loadClassifier(undefined, { onProgress })).rejects.toBe(mine);
  expect(calls).toBe(1);
});

test('progress tells bytes, and never goes back', async () => {
  const told: [number, string, number, number][] = [];

  const loaded = await loadClassifier(undefined, {
    backend: 'cpu',
    onProgress: (fraction, what, { loaded, total }) => told.push([fraction, what, loaded, total]),
  });
  loaded.dispose();

  const [, , first, total] = told[0];
  expect(first).toBeGreaterThan(0);
  expect(told.at(-1)).toEqual([1, 'starting', total, total]);
  expect(told.map(([fraction]) => fraction)).toEqual(told.map(([f]) => f).sort((a, b) => a - b));
});
