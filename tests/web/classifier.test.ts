import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { type BatchResult, type Classifier, loadClassifier } from '../../web/src/client/index.js';
import {
  CLASS_NAMES,
  embed,
  expectedProbabilities,
  jsonBytes,
  metadataFor,
  removeEmbedded,
  SIDE,
  tinyBundle,
} from './tiny-bundle.js';

const LENGTH = SIDE * SIDE;
const GRAY = Uint8Array.from({ length: LENGTH }, (_, index) => index * 16);
const picture = (data: Uint8Array) => ({ data, width: SIDE, height: SIDE, channels: 1 as const });

let classifier: Classifier | undefined;

afterEach(() => {
  classifier?.dispose();
  classifier = undefined;
  removeEmbedded();
});

async function load(changes: Record<string, unknown> = {}): Promise<Classifier> {
  embed('tiny', tinyBundle(changes));
  classifier = await loadClassifier(undefined, { backend: 'cpu' });
  return classifier;
}

test('probabilities are those of the formula and sum to one', async () => {
  const loaded = await load();

  const probabilities = await loaded.predict({ data: GRAY });

  const expected = expectedProbabilities(GRAY);
  for (const [index, value] of expected.entries()) {
    expect(probabilities[index]).toBeCloseTo(value, 6);
  }
  expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
});

test('the model gets 0 to 255 and scales by itself', async () => {
  const loaded = await load();

  const light = await loaded.predict({ data: new Uint8Array(LENGTH).fill(255) });

  expect(light[1]).toBeCloseTo(expectedProbabilities(new Array(LENGTH).fill(255))[1], 6);
});

test('pixels that were made in another frame are pixels', async () => {
  const others = runInNewContext(`new Uint8Array(${LENGTH}).fill(128)`) as Uint8Array;
  expect(others).not.toBeInstanceOf(Uint8Array);
  const loaded = await load();
  const own = await loaded.predict({ data: new Uint8Array(LENGTH).fill(128) });
  expect(await loaded.predict({ data: others })).toEqual(own);
  const { probabilities } = await loaded.classify(picture(others));
  expect(probabilities).toEqual(own);
});

test('predictions come best first and keep their class', async () => {
  const loaded = await load();

  const dark = await loaded.classify(picture(new Uint8Array(LENGTH)));
  const light = await loaded.classify(picture(new Uint8Array(LENGTH).fill(255)), { topK: 2 });

  expect(dark.predictions.map(({ className }) => className)).toEqual([
    CLASS_NAMES[0],
    CLASS_NAMES[1],
    CLASS_NAMES[2],
  ]);
  expect(light.predictions.map(({ index }) => index)).toEqual([1, 0]);
  expect(light.predictions[0].probability).toBe(light.probabilities[1]);
  expect([...light.input.data]).toEqual(new Array(LENGTH).fill(255));
});

test('results of many pictures keep no pixels, but onResult sees them', async () => {
  const loaded = await load();
  const pictures = [picture(GRAY), picture(new Uint8Array(LENGTH))];
  async function* stream() {
    yield* pictures;
  }
  const seen: number[] = [];
  const onResult = ({ image, classification }: BatchResult) => {
    seen.push(pictures.indexOf(image as (typeof pictures)[0]), classification?.input.data[1] ?? -1);
  };

  const listed = await loaded.classifyMany(pictures, { onResult });
  const streamed = await loaded.classifyMany(stream());

  expect(seen).toEqual([0, 16, 1, 0]);
  expect(listed.map(({ image }) => image)).toEqual(pictures);
  expect(streamed.map(({ image }) => image)).toEqual([null, null]);
  for (const [index, { classification }] of [...listed, ...streamed].entries()) {
    const alone = await loaded.classify(pictures[index % 2]);
    expect(classification?.probabilities).toEqual(alone.probabilities);
    expect(classification && 'input' in classification).toBe(false);
    // A view would keep a larger buffer alive.
    expect(classification?.probabilities.buffer.byteLength).toBe(4 * CLASS_NAMES.length);
  }
});

test('no tensor is left behind by any number of pictures', async () => {
  const loaded = await load();
  await loaded.warmUp();
  const before = tf.memory().numTensors;

  for (let round = 0; round < 20; round++) await loaded.classify(picture(GRAY));

  expect(tf.memory().numTensors).toBe(before);
});

test('disposing frees the weights and ends all use', async () => {
  const before = tf.memory().numTensors;
  const loaded = await load();
  expect(tf.memory().numTensors).toBeGreaterThan(before);

  loaded.dispose();
  loaded.dispose();

  expect(tf.memory().numTensors).toBe(before);
  await expect(loaded.classify(picture(GRAY))).rejects.toMatchObject({ code: 'disposed' });
});

test('leaving the block of `using` frees it', async () => {
  const loaded = await load();

  loaded[Symbol.dispose]();

  await expect(loaded.classify(picture(GRAY))).rejects.toMatchObject({ code: 'disposed' });
});

test('pictures that are classified at once do not mix', async () => {
  const loaded = await load();
  const shades = [0, 64, 128, 255].map((level) => new Uint8Array(LENGTH).fill(level));

  const answers = await Promise.all(shades.map((data) => loaded.predict({ data })));

  for (const [index, answer] of answers.entries()) {
    expect(answer[1]).toBeCloseTo(expectedProbabilities(shades[index])[1], 6);
  }
});

test('input of another length is refused', async () => {
  const loaded = await load();

  await expect(loaded.predict({ data: new Uint8Array(3) })).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining(`Expected a Uint8Array of ${LENGTH}`),
  });
});

test.each([
  ['other sides', { inputShape: [SIDE, SIDE + 1, 1] }, 'Expected 4 x 5 x 1'],
  ['more classes', { classNames: [...CLASS_NAMES, 'one more'] }, '3 probabilities for 4 class'],
])('metadata with %s than the model is refused and leaks nothing', async (_, changes, message) => {
  const before = tf.memory().numTensors;

  await expect(load(changes)).rejects.toMatchObject({
    code: 'bundle-damaged',
    message: expect.stringContaining(message),
  });
  expect(tf.memory().numTensors).toBe(before);
});

test('a changed weight file is named', async () => {
  const files = tinyBundle();
  files['group1-shard2of2.bin'] = files['group1-shard2of2.bin'].map((byte) => byte ^ 1);
  embed('tiny', files);

  await expect(loadClassifier(undefined, { backend: 'cpu' })).rejects.toMatchObject({
    code: 'bundle-damaged',
    message: expect.stringContaining('group1-shard2of2.bin'),
  });
});

test('an unknown backend is refused with the names of the known ones', async () => {
  embed('tiny', tinyBundle());

  // @ts-expect-error: what a caller without types may pass.
  await expect(loadClassifier(undefined, { backend: 'gpu' })).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining('auto, wasm, webgl, webgpu, cpu'),
  });
});

test('loading stops when it is told to', async () => {
  embed('tiny', tinyBundle());

  await expect(loadClassifier(undefined, { signal: AbortSignal.abort() })).rejects.toHaveProperty(
    'name',
    'AbortError',
  );
});

test('a bundle without samples has an empty list of them', async () => {
  const loaded = await load();

  expect(await loaded.samples()).toEqual([]);
});

test('class names arrive as they are, markup and all', async () => {
  const loaded = await load();

  expect(loaded.classNames).toEqual(CLASS_NAMES);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('an answer of %d is an error', async (value) => {
  const files = tinyBundle();
  const weights = Float32Array.from({ length: SIDE * SIDE * 3 + 3 }, () => value);
  const bytes = new Uint8Array(weights.buffer);
  files['group1-shard1of2.bin'] = bytes.slice(0, 101);
  files['group1-shard2of2.bin'] = bytes.slice(101);
  const { 'metadata.json': _, ...others } = files;
  embed('tiny', { ...others, 'metadata.json': jsonBytes(metadataFor(others)) });
  classifier = await loadClassifier(undefined, { backend: 'cpu' });

  const failure = {
    code: 'inference-failed',
    message: expect.stringContaining('values that are not finite numbers'),
  };
  await expect(classifier.classify(picture(GRAY))).rejects.toMatchObject(failure);
  await expect(classifier.predict({ data: GRAY })).rejects.toMatchObject(failure);
  await expect(classifier.explain(picture(GRAY))).rejects.toMatchObject(failure);
});
