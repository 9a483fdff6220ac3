/** How far a picture is from those of the training, as in Python. */

import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { Novelty } from '../../web/src/client/bundle/metadata.generated.js';
import { readMetadata } from '../../web/src/client/bundle/metadata.js';
import { loadClassifier } from '../../web/src/client/index.js';
import { NoveltyScale } from '../../web/src/client/model/novelty.js';
import { embed, jsonBytes, metadataFor, removeEmbedded, SIDE, tinyBundle } from './tiny-bundle.js';

interface Case {
  readonly novelty: Novelty;
  readonly file: string;
  readonly vectors: string;
  readonly distances: string;
  readonly novelties: string;
}

const path = new URL('../golden/novelty.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(path, 'utf-8')) as { cases: Case[] };
afterEach(removeEmbedded);

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

test.each(cases)('distances are those of Python, bit for bit: $novelty.features', (each) => {
  const scale = new NoveltyScale(each.novelty, bytesOf(each.file));
  const vectors = new Float32Array(bytesOf(each.vectors).buffer);
  const { features } = each.novelty;
  const rows = Array.from({ length: vectors.length / features }, (_, i) =>
    vectors.subarray(i * features, (i + 1) * features),
  );

  const distances = rows.map((row) => scale.distance(row));

  expect(distances).toEqual([...new Float64Array(bytesOf(each.distances).buffer)]);
  expect(rows.map((row) => scale.judge(row).novelty)).toEqual([
    ...new Float64Array(bytesOf(each.novelties).buffer),
  ]);
});

test('a picture at the threshold is familiar, and one beyond it is not', () => {
  const novelty = { ...cases[0].novelty, features: 1, axes: 1, centers: 1 };
  const plain = { ...novelty, quantiles: [0, 1, 4], threshold: 0.5 };
  const scale = new NoveltyScale(plain, new Uint8Array(Float32Array.of(0, 1, 1, 0, 0).buffer));

  expect(scale.judge(Float32Array.of(3))).toEqual({ novelty: 0.5, familiar: true });
  expect(scale.judge(Float32Array.of(0))).toEqual({ novelty: 0, familiar: true });
  const center = new NoveltyScale(plain, new Uint8Array(Float32Array.of(0, 1, 1, 0, -1).buffer));
  expect(center.judge(Float32Array.of(3)).familiar).toBe(false);
  expect(scale.judge(Float32Array.of(Number.NaN))).toEqual({ novelty: 1, familiar: false });
});

test.each<[string, (content: Float32Array) => Float32Array, string]>([
  ['is short', (values) => values.slice(1), 'bytes. Expected'],
  ['has what is no number', (values) => values.fill(Number.NaN, 0, 1), 'not finite numbers'],
  ['counts a direction less than nothing', (values) => values.fill(-1, 2, 3), 'factors below 0'],
  ['counts the rest less than nothing', (values) => values.fill(-1, 3, 4), 'factors below 0'],
])('a file that %s is refused', (_, change, problem) => {
  const novelty = { ...cases[0].novelty, features: 1, axes: 1, centers: 1 };
  const values = change(Float32Array.of(0, 1, 1, 0, 0));

  expect(() => new NoveltyScale(novelty, new Uint8Array(values.buffer))).toThrow(problem);
});

test.each([
  ['one quantile', { quantiles: [1] }],
  ['quantiles out of order', { quantiles: [2, 1] }],
  ['a distance below 0', { quantiles: [-1, 1] }],
  ['no features', { features: 0 }],
  ['too many axes', { axes: 257 }],
  ['a threshold beyond 1', { threshold: 1.5 }],
])('metadata with %s is refused', (_, change) => {
  const novelty = { ...cases[0].novelty, ...change };

  expect(() => readMetadata(jsonBytes(metadataFor({}, { novelty })), '4.22.0')).toThrow('novelty.');
});

test('the field is read, and what a later version adds is not', () => {
  const novelty = { ...cases[0].novelty };

  const read = readMetadata(
    jsonBytes(metadataFor({}, { novelty: { ...novelty, later: 1 } })),
    '4.22.0',
  );

  expect(read.novelty).toEqual(novelty);
});

/** The tiny bundle, whose features are its pixels in 0..1, with a scale: the first one's share. */
function embedWithScale(content: Uint8Array): void {
  const features = SIDE * SIDE;
  const quantiles = [0, 0.25, 1];
  const novelty = {
    ...{ layer: 'dense', features, axes: 1, centers: 1, pictures: 30 },
    ...{ quantiles, threshold: 0.5 },
  };
  const { 'metadata.json': _, ...others } = tinyBundle();
  const files = { ...others, 'novelty.bin': content };
  embed('tiny', { ...files, 'metadata.json': jsonBytes(metadataFor(files, { novelty })) });
}

const FIRST = Float32Array.from([
  ...new Array(SIDE * SIDE).fill(0),
  ...new Array(SIDE * SIDE).fill(0).fill(1, 0, 1),
  ...[1, 0, 0],
]);
const picture = (level: number) => {
  const data = new Uint8Array(SIDE * SIDE);
  data.set([level, 255]);
  return { data, width: SIDE, height: SIDE, channels: 1 as const };
};

test.each(['cpu', 'wasm'] as const)(
  'the same inference says how strange it is: %s',
  async (backend) => {
    embedWithScale(new Uint8Array(FIRST.buffer));
    const classifier = await loadClassifier(undefined, { backend });

    const answers = await Promise.all(
      [0, 102, 255].map((level) => classifier.classify(picture(level))),
    );
    const many = await classifier.classifyMany([picture(255)]);

    const shares = answers.map(({ novelty }) => novelty);
    expect(shares[0]).toBe(0);
    expect(shares[1]).toBeCloseTo((0.4 ** 2 / (1 + 0.4 ** 2)) * 2, 6);
    expect(shares[2]).toBeCloseTo(2 / 3, 6);
    expect(answers.map(({ familiar }) => familiar)).toEqual([true, true, false]);
    expect(many[0].classification?.novelty).toBe(shares[2]);
    classifier.dispose();
  },
);

test('without a scale every picture is familiar, and none is said to be strange', async () => {
  embed('tiny', tinyBundle());
  const classifier = await loadClassifier(undefined, { backend: 'cpu' });

  const answer = await classifier.classify(picture(255));

  expect(answer.familiar).toBe(true);
  expect(answer).not.toHaveProperty('novelty');
  classifier.dispose();
});

test('a scale of no numbers is refused while the model is loaded', async () => {
  embedWithScale(new Uint8Array(FIRST.slice().fill(Number.NaN, 3).buffer));

  await expect(loadClassifier(undefined, { backend: 'cpu' })).rejects.toMatchObject({
    code: 'bundle-damaged',
  });
});
