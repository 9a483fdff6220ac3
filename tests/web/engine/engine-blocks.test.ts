/** Layers computed by strips of rows give the bits that they give one by one. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ActivationName } from '../../../web/src/client/constants.generated.js';
import { SmallModel } from './small-models.js';
import { BINARIES } from './watched.js';

const side = (max: number, min = 1) => fc.integer({ min, max });
const pair = (max: number): fc.Arbitrary<number[]> => fc.tuple(side(max), side(max));
const activation = fc.constantFrom<ActivationName>(
  ...(['linear', 'relu', 'relu6', 'swish', 'sigmoid', 'softmax'] as const),
);
const expand = fc.record({ filters: side(40), activation });

const CASES = fc.record({
  // Narrow ones, too: few places are added up in another order.
  shape: fc.oneof(
    fc.tuple(side(33), fc.oneof(side(30), side(30, 13)), side(12)),
    fc.tuple(side(150, 60), side(3), side(12)),
  ),
  first: fc.option(expand, { nil: undefined }),
  isAdded: fc.boolean(),
  kernel_size: fc.oneof(fc.constantFrom<number[]>([3, 3], [5, 5], [1, 1]), pair(5)),
  strides: fc.oneof(fc.constantFrom([1, 1], [2, 2]), pair(3)),
  padding: fc.constantFrom('same', 'valid', 'frame'),
  frame: fc.array(pair(3), { minLength: 2, maxLength: 2 }),
  activation,
  last: fc.option(expand, { nil: undefined }),
  isResidual: fc.boolean(),
  stripBytes: fc.constantFrom(1, 5000, 20_000, 384 * 1024),
  seed: fc.nat(1000),
});

type Case = typeof CASES extends fc.Arbitrary<infer T> ? T : never;

/** A layer with an activation of its own behind it. */
function activated(model: SmallModel, name: ActivationName): void {
  if (name !== 'linear') model.add('Activation', { activation: name });
}

function modelOf(example: Case): SmallModel {
  const { first, last, kernel_size, strides, padding, seed } = example;
  const model = new SmallModel(example.shape, seed);
  const point = { kernel_size: [1, 1], dilation_rate: [1, 1] };
  model.add('Conv2D', { ...point, filters: 1 + (seed % 9), activation: 'linear' });
  const start = model.last;
  if (first) {
    model.add('Conv2D', { ...point, filters: first.filters, activation: 'linear' });
    if (example.isAdded) {
      const [before] = [model.last];
      const other = model.add('Conv2D', { ...point, filters: first.filters }, [start]);
      model.add('Add', {}, [before, other]);
    }
    activated(model, first.activation);
  }
  if (padding === 'frame') model.add('ZeroPadding2D', { padding: example.frame });
  model.add('DepthwiseConv2D', {
    ...{ kernel_size, strides, depth_multiplier: 1, dilation_rate: [1, 1] },
    padding: padding === 'frame' ? 'valid' : padding,
  });
  activated(model, example.activation);
  if (last) {
    const filters = example.isResidual ? model.shape(start)[2] : last.filters;
    model.add('Conv2D', { ...point, filters });
    const isAlike = String(model.shape()) === String(model.shape(start));
    if (example.isResidual && isAlike) model.add('Add', {}, [start, model.last]);
    activated(model, last.activation);
  }
  return model;
}

const possible = CASES.filter(({ shape, kernel_size, padding }) =>
  kernel_size.every((taps, axis) => padding === 'same' || taps <= shape[axis]),
);

describe.each(BINARIES)('%s', (binary) => {
  test('any block in strips of any size gives the same bits as its layers one by one', async () => {
    await fc.assert(
      fc.asyncProperty(possible, async (example) => {
        const model = modelOf(example);
        const whole = await model.answer(binary, 0);
        const joined = await model.answer(binary, example.stripBytes);

        expect(whole.values.some(Number.isNaN)).toBe(false);
        expect(joined.values).toEqual(whole.values);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a block', () => {
  const example: Case = {
    ...{ shape: [32, 32, 4], first: { filters: 40, activation: 'relu6' }, isAdded: false },
    ...{ kernel_size: [3, 3], strides: [1, 1], padding: 'same', frame: [], seed: 3 },
    ...{ activation: 'relu6', last: { filters: 8, activation: 'linear' }, isResidual: true },
    stripBytes: 40_000,
  };
  const called = async (model: SmallModel, stripBytes: number, features?: string) => {
    const { written } = await model.answer('plain', stripBytes, features);
    return { ...written, depthwise: written.steps.filter(({ block }) => block).length };
  };

  test('needs less memory than its layers one by one', async () => {
    const model = modelOf(example);
    const [joined, whole] = [await called(model, 40_000), await called(model, 0)];

    expect(joined.depthwise).toBe(1);
    expect(whole.depthwise).toBe(0);
    expect(joined.plan.bytes - joined.plan.keptBytes).toBeLessThan(
      (whole.plan.bytes - whole.plan.keptBytes) / 2,
    );
  });

  test.each(['DepthwiseConv2D', 'Activation'] as const)(
    'ends where somebody outside reads the output of a %s',
    async (className) => {
      const model = modelOf(example);
      const [feature] = model.layers.filter((layer) => layer.className === className).reverse();
      const joined = await model.answer('plain', 40_000, feature.name);
      const whole = await model.answer('plain', 0, feature.name);

      expect(joined.written.features?.tensor.shape).toEqual(model.shape(feature.name));
      expect(joined.values).toEqual(whole.values);
    },
  );
});
