/** Models of several labels: what is told, to whom, and that no label ever wins. */

import { afterEach, expect, expectTypeOf, test } from 'vitest';
import {
  type BatchResult,
  type Classification,
  type Classifier,
  type Label,
  type LabelClassification,
  type LabelClassifier,
  loadClassifier,
} from '../../web/src/client/index.js';
import {
  CLASS_NAMES,
  embed,
  labelsBundle,
  removeEmbedded,
  SIDE,
  tinyBundle,
} from './tiny-bundle.js';

const picture = (level: number) => ({
  data: new Uint8Array(SIDE * SIDE).fill(level),
  width: SIDE,
  height: SIDE,
  channels: 1 as const,
});
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

const loaded: { dispose(): void }[] = [];

afterEach(() => {
  for (const classifier of loaded.splice(0)) classifier.dispose();
  removeEmbedded();
});

async function load(thresholds = [0.9, 0.6, 0.3]): Promise<LabelClassifier> {
  embed('tiny', labelsBundle(thresholds));
  const classifier = await loadClassifier(undefined, { backend: 'cpu', kind: 'labels' });
  loaded.push(classifier);
  return classifier;
}

test('each label has its probability, its threshold, and whether it holds', async () => {
  const classifier = await load();

  const answer = await classifier.classify(picture(255));

  // The brightness of 16 white pixels, through weights of 0, 0.5 and -0.5.
  const expected = [sigmoid(1), sigmoid(8), sigmoid(-8)];
  expect(classifier.kind).toBe('labels');
  expect(answer.kind).toBe('labels');
  expect(answer.labels).toEqual(
    expected.map((probability, index) => ({
      name: CLASS_NAMES[index],
      index,
      probability: expect.closeTo(probability, 6),
      threshold: [0.9, 0.6, 0.3][index],
      holds: index === 1,
    })),
  );
  expect(answer.held).toEqual([answer.labels[1]]);
  expect(answer).not.toHaveProperty('predictions');
  expect(answer).not.toHaveProperty('isSure');
});

test('none may hold, and all may', async () => {
  const strict = await load([1, 1, 1]);
  const nothing = await strict.classify(picture(0));
  removeEmbedded();
  const lenient = await load([0, 0, 0]);
  const all = await lenient.classify(picture(0));

  expect(nothing.held).toEqual([]);
  expect(all.held).toEqual(all.labels);
});

test('a label holds from its threshold on, as float32', async () => {
  const at = await (await load()).predict({ data: picture(0).data });
  const one = Number(at[0].toPrecision(9));
  // A double just above the float32 that it is read as.
  const above = at[1] + 1e-9;
  removeEmbedded();
  const classifier = await load([one, above, at[2] + 1e-6]);

  const { labels } = await classifier.classify(picture(0));

  expect(Math.fround(above)).toBe(at[1]);
  expect(labels.map(({ holds }) => holds)).toEqual([true, true, false]);
});

test('a page for one winner is refused before anything is shown', async () => {
  embed('tiny', labelsBundle([0.5, 0.5, 0.5]));

  const loading = loadClassifier(undefined, { backend: 'cpu' });

  await expect(loading).rejects.toMatchObject({
    code: 'other-kind',
    message:
      'The model "tiny" tells labels, of which any number holds and none wins. Expected one that ' +
      "chooses a class. Load it with {kind: 'labels'}, and show the labels that hold.",
  });
});

test('a page for labels is refused a model that chooses one class', async () => {
  embed('tiny', tinyBundle());

  const loading = loadClassifier(undefined, { backend: 'cpu', kind: 'labels' });

  await expect(loading).rejects.toMatchObject({
    code: 'other-kind',
    message: expect.stringContaining("Load it without {kind: 'labels'}, and show its predictions."),
  });
});

test('a page for both looks at the kind', async () => {
  embed('one', tinyBundle({ name: 'one' }));
  embed('several', labelsBundle([0.5, 0.5, 0.5]));

  for (const [source, kind] of [
    ['embedded:one', 'probabilities'],
    ['embedded:several', 'labels'],
  ] as const) {
    const classifier = await loadClassifier(source as string, { backend: 'cpu', kind: 'any' });
    loaded.push(classifier);
    const answer = await classifier.classify(picture(9));

    expect(classifier.kind).toBe(kind);
    expect(answer.kind).toBe(kind);
  }
});

test('a kind that is none is a wrong argument', async () => {
  const loading = loadClassifier(undefined, { kind: 'winners' as 'any' });

  await expect(loading).rejects.toMatchObject({
    code: 'invalid-argument',
    message: "The option 'kind' is \"winners\". Expected 'probabilities', 'labels' or 'any'.",
  });
});

test('a batch tells the labels of each picture, and keeps no pixels', async () => {
  const classifier = await load();
  const told: BatchResult<string, LabelClassification>[] = [];

  const kept = await classifier.classifyMany([picture(0), picture(255)], {
    onResult: (result) => void told.push(result),
  });

  expect(kept.map((each) => each.classification?.held.map(({ index }) => index))).toEqual([
    [2],
    [1],
  ]);
  expect(kept[0].classification).not.toHaveProperty('input');
  expect(told[1].classification?.input.data[0]).toBe(255);
});

test('each label is explained by itself', async () => {
  const classifier = await load();

  const explanation = await classifier.explain(picture(128), { classIndex: 1 });

  expect(explanation).toMatchObject({ method: 'occlusion', className: CLASS_NAMES[1] });
});

test('types tell the two kinds apart', () => {
  expectTypeOf<Awaited<ReturnType<Classifier['classify']>>>().toEqualTypeOf<Classification>();
  expectTypeOf<
    Awaited<ReturnType<LabelClassifier['classify']>>
  >().toEqualTypeOf<LabelClassification>();
  expectTypeOf<Classifier['kind']>().toEqualTypeOf<'probabilities'>();
  expectTypeOf<LabelClassification>().not.toHaveProperty('predictions');
  expectTypeOf<Classification | LabelClassification>().not.toHaveProperty('predictions');
  expectTypeOf<LabelClassification['held']>().toEqualTypeOf<readonly Label[]>();
});
