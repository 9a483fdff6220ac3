/** Layers that one kernel computes at once give the bits that they give one by one. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SmallModel } from './small-models.js';
import { BINARIES } from './watched.js';

const side = (max: number, min = 1) => fc.integer({ min, max });
const LAYERS = ['Conv2D', 'Conv2DTranspose', 'DepthwiseConv2D', 'Dense', 'Add', 'UpSampling2D'];
const POINT = { kernel_size: [1, 1], dilation_rate: [1, 1] };

/** Adds a layer that may be computed along with others. */
function produce(model: SmallModel, className: string, draw: number): void {
  const filters = 1 + (draw % 20);
  const kernel_size = [1 + (draw % 3), 1 + (draw % 2)];
  if (className === 'Conv2D') model.add('Conv2D', { ...POINT, filters, kernel_size });
  if (className === 'Conv2DTranspose') model.add('Conv2DTranspose', { filters, kernel_size });
  if (className === 'Dense') model.add('Dense', { units: filters });
  if (className === 'UpSampling2D') model.add('UpSampling2D', { size: [1, 2] });
  if (className === 'DepthwiseConv2D') {
    model.add('DepthwiseConv2D', { ...POINT, kernel_size, depth_multiplier: 1 + (draw % 2) });
  }
  if (className === 'Add') {
    const start = model.last;
    const sum = model.add('Conv2D', { ...POINT, filters: model.shape()[2] });
    model.add('Add', {}, draw % 2 ? [start, sum] : [sum, start]);
  }
}

/** Hard swish as the exporter writes it; `draw` tells whether it is one after all. */
function hardSwish(model: SmallModel, draw: number): void {
  const x = model.last;
  const scale = draw % 7 === 1 ? model.shape()[2] && [1 / 6] : 1 / 6;
  model.add('Rescaling', { scale, offset: 0.5 });
  model.add('ReLU', { max_value: draw % 7 === 2 ? 6 : 1 });
  const clipped = model.last;
  if (draw % 7 === 3) model.add('Add', {}, [x, clipped]);
  const other = draw % 7 === 4 ? clipped : x;
  model.add('Multiply', {}, draw % 2 ? [other, clipped] : [clipped, other]);
  if (draw % 7 === 5) model.add('Add', {}, [model.last, clipped]);
  if (draw % 7 === 6) model.add('Add', {}, [x, model.last]);
}

function activate(model: SmallModel, draw: number): void {
  const kind = draw % 5;
  if (kind === 0) hardSwish(model, Math.floor(draw / 5));
  if (kind === 1) model.add('ReLU', { max_value: [null, 6, 1, 0.25][Math.floor(draw / 5) % 4] });
  if (kind === 2) model.add('Activation', { activation: 'swish' });
  if (kind === 3) model.add('Activation', { activation: 'softmax' });
}

const MODELS = fc
  .record({
    shape: fc.tuple(side(12), side(12), side(6)),
    parts: fc.array(fc.tuple(fc.constantFrom(...LAYERS), fc.nat(), fc.nat()), {
      minLength: 1,
      maxLength: 4,
    }),
    seed: fc.nat(1000),
  })
  .map(({ shape, parts, seed }) => {
    const model = new SmallModel(shape, seed);
    model.add('Rescaling', { scale: 1 / 128, offset: -1 });
    for (const [className, draw, ending] of parts) {
      produce(model, className, draw);
      activate(model, ending);
    }
    return model;
  });

describe.each(BINARIES)('%s', (binary) => {
  test('any model gives the same bits with its layers joined', async () => {
    await fc.assert(
      fc.asyncProperty(MODELS, fc.constantFrom(1, 384 * 1024), async (model, stripBytes) => {
        const whole = await model.answer(binary, 0);
        const joined = await model.answer(binary, stripBytes);

        expect(whole.values.some(Number.isNaN)).toBe(false);
        expect(joined.values).toEqual(whole.values);
      }),
      { numRuns: 200 },
    );
  });
});

test('hard swish is computed along with the layer before it', async () => {
  const model = new SmallModel([9, 9, 3], 1);
  model.add('Conv2D', { ...POINT, filters: 12 });
  hardSwish(model, 0);
  const { written } = await model.answer('plain', 1);

  expect(written.steps.map(({ className }) => className)).toEqual(['Conv2D']);
});

test('a large kernel is not there as a whole beside its pieces', async () => {
  const model = new SmallModel([20_000], 1);
  model.add('Dense', { units: 16 });
  const { written } = await model.answer('plain', 1);
  const { bytes, keptBytes } = written.plan;

  expect(keptBytes).toBeGreaterThan(20_000 * 16 * 4);
  // The picture and its values.
  expect(bytes - keptBytes).toBeLessThan(20_000 * 5 + 1000);
});
