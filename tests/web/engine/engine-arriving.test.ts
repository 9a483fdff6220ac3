/** Weights that are still being read while a model is loaded. */

import { expect, test } from 'vitest';
import { engineLoader } from '../../../web/src/client/engine/model.js';
import type { ModelArtifacts } from '../../../web/src/client/model/model.js';
import { numbers, size } from './watched.js';

const SPECS = [
  { name: 'scaled/gamma', shape: [2] },
  { name: 'scaled/beta', shape: [2] },
  { name: 'scaled/moving_mean', shape: [2] },
  { name: 'scaled/moving_variance', shape: [2] },
  { name: 'convolved/kernel', shape: [3, 3, 2, 4], quantization: { dtype: 'uint8', scale: 0.01 } },
  { name: 'convolved/bias', shape: [4] },
  { name: 'widened/kernel', shape: [2, 2, 3, 4] },
  { name: 'widened/bias', shape: [3] },
  { name: 'sloped/alpha', shape: [8, 8, 3] },
  { name: 'normalized/gamma', shape: [3] },
  { name: 'normalized/beta', shape: [3] },
  { name: 'dense/kernel', shape: [192, 5] },
  { name: 'dense/bias', shape: [5] },
];

/** Of the kinds of layers that do something else with their weights each. */
const LAYERS: [className: string, shape: number[], config: object][] = [
  ['InputLayer', [4, 4, 2], {}],
  ['BatchNormalization', [4, 4, 2], { epsilon: 0.001 }],
  ['Conv2D', [4, 4, 4], { strides: [1, 1], dilation_rate: [1, 1], padding: 'same' }],
  ['Conv2DTranspose', [8, 8, 3], { strides: [2, 2], padding: 'same' }],
  ['PReLU', [8, 8, 3], { shared_axes: null }],
  ['LayerNormalization', [8, 8, 3], { epsilon: 0.001 }],
  ['Flatten', [192], {}],
  ['Dense', [5], { units: 5 }],
];
const NAMES = ['pixels', 'scaled', 'convolved', 'widened', 'sloped', 'normalized', 'flat', 'dense'];

function artifacts(weightData: ModelArtifacts['weightData'], winograd = {}): ModelArtifacts {
  const layers = LAYERS.map(([className, , config], index) => ({
    name: NAMES[index],
    className,
    inputs: index ? [NAMES[index - 1]] : [],
    config: { activation: 'linear', use_bias: true, ...config },
  }));
  return {
    graph: { layers, inputShape: [4, 4, 2], output: 'dense' } as unknown as ModelArtifacts['graph'],
    weightSpecs: SPECS,
    weightData,
    inputShape: [4, 4, 2],
    shapes: new Map(LAYERS.map(([, shape], index) => [NAMES[index], shape])),
    classes: 5,
    winograd,
  };
}

const bytes = Buffer.concat(
  SPECS.map(({ shape, quantization }, seed) => {
    const values = numbers(size(shape), seed).map((value) => Math.abs(value) + 0.1);
    return quantization
      ? Buffer.from(values.map((value) => value * 200))
      : Buffer.from(values.buffer);
  }),
);

function pieces(...cuts: number[]): ArrayBuffer[] {
  const ends = [...cuts, bytes.length];
  return ends.map((end, i) => Uint8Array.from(bytes.subarray(i ? ends[i - 1] : 0, end)).buffer);
}

const PICTURE = Uint8Array.from({ length: 32 }, (_, index) => index * 7);

test.each<[string, object]>([
  ['directly', {}],
  ["by Winograd's way", { convolved: 4 }],
])('a model computed %s answers the same, however late its weights come', async (_, winograd) => {
  const whole = await engineLoader.load(artifacts(pieces(), winograd));
  const expected = await whole.run(PICTURE);
  const parts = pieces(33, 110, 500, 1200);
  const given: ((bytes: ArrayBuffer) => void)[] = [];
  const coming = parts.map((part, index) =>
    index === 0 ? part : new Promise<ArrayBuffer>((give) => given.push(give)),
  );

  const loading = engineLoader.load(artifacts(coming, winograd));
  let isLoaded = false;
  loading.then(() => {
    isLoaded = true;
  });
  // The last one first.
  for (const index of [3, 2, 1, 0]) {
    await new Promise((done) => setTimeout(done, 5));
    expect(isLoaded).toBe(false);
    given[index](parts[index + 1]);
  }

  expect(await (await loading).run(PICTURE)).toEqual(expected);
  expect(new Set(expected).size).toBe(5);
});

test('a piece that cannot be read is no model', async () => {
  const [first] = pieces(500);
  const lost = Promise.reject(new Error('the network is gone'));
  lost.catch(() => {});

  await expect(engineLoader.load(artifacts([first, lost]))).rejects.toThrow('the network is gone');
});
