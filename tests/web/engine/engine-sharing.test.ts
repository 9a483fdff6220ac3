/** Concatenations that go on with another one give the bits that they give one by one. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SmallModel } from './small-models.js';
import { BINARIES } from './watched.js';

const side = (max: number, min = 1) => fc.integer({ min, max });
const DEPTHWISE = { dilation_rate: [1, 1], depth_multiplier: 1 };
const POINT = { kernel_size: [1, 1], dilation_rate: [1, 1] };

/** What reads a concatenation, beside the next one. */
const READERS: Record<string, (model: SmallModel, name: string) => void> = {
  point: (model, name) => {
    model.add('DepthwiseConv2D', { ...DEPTHWISE, kernel_size: [1, 1] }, [name]);
    model.add('Activation', { activation: 'relu' });
  },
  twice: (model, name) => {
    const one = model.add('DepthwiseConv2D', { ...DEPTHWISE, kernel_size: [1, 1] }, [name]);
    model.add('DepthwiseConv2D', { ...DEPTHWISE, kernel_size: [1, 1] }, [name]);
    model.add('Add', {}, [one, model.last]);
  },
  several: (model, name) => {
    model.add('DepthwiseConv2D', { ...DEPTHWISE, kernel_size: [1, 1], depth_multiplier: 2 }, [
      name,
    ]);
  },
  window: (model, name) => {
    model.add('DepthwiseConv2D', { ...DEPTHWISE, kernel_size: [3, 3] }, [name]);
  },
  convolution: (model, name) => void model.add('Conv2D', { ...POINT, filters: 4 }, [name]),
  added: (model, name) => {
    const filters = model.shape(name)[2];
    model.add('DepthwiseConv2D', { ...DEPTHWISE, kernel_size: [1, 1] }, [name]);
    model.add('Conv2D', { ...POINT, filters });
    model.add('Add', {}, [name, model.last]);
  },
  relu: (model, name) => void model.add('ReLU', { max_value: null }, [name]),
};

const CASES = fc.record({
  shape: fc.tuple(side(9), side(20), side(6)),
  blocks: fc.array(
    fc.record({
      reader: fc.constantFrom('point', 'point', 'point', ...Object.keys(READERS)),
      filters: side(9),
      hasProduct: fc.boolean(),
      // Mostly behind the channels that are there.
      order: fc.constantFrom('behind', 'behind', 'behind', 'before', 'doubled', 'along'),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  features: fc.option(fc.nat(30), { nil: undefined }),
  seed: fc.nat(1000),
});

type Case = typeof CASES extends fc.Arbitrary<infer T> ? T : never;

function modelOf({ shape, blocks, seed }: Pick<Case, 'shape' | 'blocks' | 'seed'>): SmallModel {
  const model = new SmallModel(shape, seed);
  let start = model.add('Rescaling', { scale: 1 / 128, offset: -1 });
  for (const { reader, filters, hasProduct, order } of blocks) {
    READERS[reader](model, start);
    if (hasProduct) model.add('Conv2D', { ...POINT, filters });
    const more = model.last;
    const isAlike = model.shape(more)[2] === model.shape(start)[2];
    const inputs = order === 'before' ? [more, start] : [start, more];
    if (order === 'doubled') inputs.push(start);
    const axis = order === 'along' && isAlike ? 1 : seed % 2 ? 3 : -1;
    start = model.add('Concatenate', { axis }, inputs);
    // Further ones go on with pictures of the same height.
    if (axis === 1)
      start = model.add('Cropping2D', {
        cropping: [
          [1, shape[0] - 1],
          [0, 0],
        ],
      });
  }
  model.add('DepthwiseConv2D', { ...DEPTHWISE, kernel_size: [1, 1] });
  return model;
}

describe.each(BINARIES)('%s', (binary) => {
  test('any chain of concatenations gives the same bits as its layers one by one', async () => {
    await fc.assert(
      fc.asyncProperty(CASES, async (example) => {
        const model = modelOf(example);
        const { features } = example;
        const kept = features && model.layers[features % model.layers.length];
        const name = kept && kept.className !== 'InputLayer' ? kept.name : undefined;
        const whole = await model.answer(binary, 0, name);
        const joined = await model.answer(binary, 384 * 1024, name);

        expect(whole.values.some(Number.isNaN)).toBe(false);
        expect(joined.values).toEqual(whole.values);
        expect(joined.written.features?.tensor.step).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});

test('what was concatenated before is not copied again', async () => {
  const block = { reader: 'point', filters: 3, hasProduct: true, order: 'behind' };
  const model = modelOf({ shape: [9, 20, 6], blocks: Array(5).fill(block), seed: 0 });
  const copies = async (stripBytes: number) => {
    const { written } = await model.answer('plain', stripBytes);
    return written.plan.running.filter(({ kernel }) => kernel === 'copyRows').length;
  };

  expect([await copies(0), await copies(1)]).toEqual([10, 6]);
});
