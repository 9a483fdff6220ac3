/** What a model may cost on the engine is known before memory is taken, and small models cost little. */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { MAX_ENGINE_BYTES } from '../../../web/src/client/constants.generated.js';
import { startKernels } from '../../../web/src/client/engine/binary.js';
import { engineLoader } from '../../../web/src/client/engine/model.js';
import { ProgramWriter } from '../../../web/src/client/engine/program.js';
import { writeModel } from '../../../web/src/client/engine/write.js';
import { SmallModel } from './small-models.js';

afterEach(() => {
  vi.restoreAllMocks();
});

function written({ layers, shapes, weights, last }: SmallModel) {
  return writeModel({ layers, inputShape: [], output: last }, shapes, weights).plan;
}

test('more memory than the kernels can address is refused before any is taken', async () => {
  const model = new SmallModel([10_000, 10_000, 1], 1);
  model.add('Flatten');
  for (let time = 0; time < 2; time++) {
    model.add('LayerNormalization', { epsilon: 0, scale: false, center: false });
  }
  const memory = vi.spyOn(WebAssembly, 'Memory');
  const { layers, shapes } = model;

  const loading = engineLoader.load({
    graph: { layers, inputShape: [10_000, 10_000, 1], output: model.last },
    ...{ weightSpecs: [], weightData: [], inputShape: [10_000, 10_000, 1], shapes, classes: 1 },
  });

  await expect(loading).rejects.toThrow(
    /^The model needs 2,[0-9,]+ bytes on the engine\. Expected at most 2,147,418,112\.$/,
  );
  expect(memory).not.toHaveBeenCalled();
});

test('memory that the device does not give is told, with how much it was', async () => {
  vi.spyOn(WebAssembly, 'Memory').mockImplementation(() => {
    throw new RangeError('could not allocate memory');
  });

  await expect(startKernels(MAX_ENGINE_BYTES)).rejects.toThrow(
    'The model needs 2,147,418,112 bytes on the engine, which this device does not give (could not ' +
      'allocate memory).',
  );
});

test('what stays is counted while it is written', () => {
  const writer = new ProgramWriter();
  writer.prepared(MAX_ENGINE_BYTES - 1000);

  expect(() => writer.constant([1], 1000)).toThrow('bytes on the engine. Expected at most');
});

test('a layer of many different sums is refused before all of them are written down', () => {
  const model = new SmallModel([1, 1, 1], 1);
  model.add('Conv2DTranspose', { filters: 1, kernel_size: [1, 1], strides: [10_000, 10_000] });

  expect(() => written(model)).toThrow(
    "The model takes more than 262,144 calls of the engine's kernels. Expected fewer.",
  );
}, 30_000);

describe('few calls', () => {
  test('are enough for a tall picture in a block, whatever its activation', () => {
    const model = new SmallModel([100_000, 16, 1], 1);
    model.add('Conv2D', { filters: 1, kernel_size: [1, 1], activation: 'gelu' });
    model.add('DepthwiseConv2D', { depth_multiplier: 1, kernel_size: [3, 3], activation: 'gelu' });

    expect(written(model).running.length).toBeLessThan(1000);
  });

  test('are compared with few others when constants are laid out', () => {
    const model = new SmallModel([1000, 1000, 1], 1);
    model.add('Flatten');
    model.add('Dense', { units: 1 });
    const { preparing, constants } = written(model);

    expect(preparing.length).toBeGreaterThan(3000);
    // Each comes when it is needed: all of them have the memory of the largest two.
    const ends = constants.map(({ region }) => region.address + region.bytes);
    const starts = constants.map(({ region }) => region.address);
    expect(Math.max(...ends) - Math.min(...starts)).toBeLessThan(4096);
  });
});

test('values of one number take no more than one until they are loaded', () => {
  const model = new SmallModel([1000, 1000, 1], 1);
  model.add('Flatten');
  model.add('LayerNormalization', { epsilon: 0, scale: false, center: false });

  const { constants } = written(model);

  expect(constants.map(({ values }) => values)).toEqual([[1], [0]]);
  expect(constants.map(({ region }) => region.bytes)).toEqual([4_000_000, 4_000_000]);
});

test('a step that leads nowhere may be any number', async () => {
  const model = new SmallModel([3, 4, 5], 1);
  model.add('Conv2D', { filters: 6, kernel_size: [3, 4], strides: [2 ** 27, 2 ** 27] });
  model.add('DepthwiseConv2D', { depth_multiplier: 2, kernel_size: [1, 1], strides: [9e7, 9e7] });
  model.add('Conv2D', { filters: 6, kernel_size: [1, 1], dilation_rate: [2 ** 27, 2 ** 27] });
  const modest = new SmallModel([3, 4, 5], 1);
  modest.add('Conv2D', { filters: 6, kernel_size: [3, 4], strides: [3, 4] });
  modest.add('DepthwiseConv2D', { depth_multiplier: 2, kernel_size: [1, 1] });
  modest.add('Conv2D', { filters: 6, kernel_size: [1, 1] });

  const { values, written } = await model.answer('plain', 1);

  expect(values).toEqual((await modest.answer('plain', 1)).values);
  const numbers = written.plan.running.flatMap(({ parameters }) =>
    parameters.filter((each) => typeof each === 'number' && Number.isFinite(each)),
  );
  expect(Math.max(...(numbers as number[]))).toBeLessThan(1000);
});
