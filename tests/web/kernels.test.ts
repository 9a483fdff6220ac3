/** The build holds the kernels that the layers run: with those alone, every layer still answers. */

import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KERNELS } from '../../web/scripts/kernels.mjs';
import type { ActivationName, LayerName } from '../../web/src/client/constants.generated.js';
import type { Config } from '../../web/src/client/model/topology.js';
import {
  ACTIVATIONS,
  FUSED,
  isActivation,
  isLayer,
  LAYERS,
  type Weights,
} from '../../web/src/client/tensorflow/layers.js';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const LAYERS_FILE = new URL('../../web/src/client/tensorflow/layers.ts', import.meta.url);

/** Every name of a kernel that stands as a text in the file of the layers. */
function namedKernels(): string[] {
  const known = new Set(tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName));
  const found = new Set<string>();
  const each = (node: ts.Node) => {
    if (ts.isStringLiteral(node) && known.has(node.text)) found.add(node.text);
    ts.forEachChild(node, each);
  };
  const text = readFileSync(LAYERS_FILE, 'utf8');
  each(ts.createSourceFile('layers.ts', text, ts.ScriptTarget.Latest, true));
  return [...found];
}

const NAMED = namedKernels();

test.each(NAMED)('%s, which a layer names, is in the list', (name) => {
  expect([...KERNELS]).toContain(name);
});

test.each(['cpu', 'webgl', 'webgpu'])('the %s backend has a file for each', (backend) => {
  const entry = require.resolve(`@tensorflow/tfjs-backend-${backend}/package.json`);
  const list = readFileSync(entry.replace('package.json', 'dist/register_all_kernels.js'), 'utf8');

  expect(NAMED.length).toBeGreaterThan(30);
  expect(NAMED.filter((name) => !list.includes(`'./kernels/${name}'`))).toEqual([]);
});

type ComputedLayer = Exclude<LayerName, 'InputLayer'>;

interface Example {
  readonly config?: Config;
  readonly weights?: Readonly<Record<string, readonly number[]>>;
  /** Shapes of the inputs; one of 1 x 4 x 4 x 2 unless told. */
  readonly inputs?: readonly (readonly number[])[];
  readonly output: readonly number[];
}

const PICTURE = [1, 4, 4, 2];
const TWO = [PICTURE, PICTURE];
const WINDOW = { strides: [1, 1], padding: 'valid' };
const PAIR = [
  [1, 2, 3],
  [1, 3, 2],
];

/** For each layer what makes it run its kernels: all branches that run different ones. */
const EXAMPLES: Readonly<Record<ComputedLayer, readonly Example[]>> = {
  Activation: [{ output: PICTURE }],
  Add: [{ inputs: TWO, output: PICTURE }, { output: PICTURE }],
  Average: [{ inputs: TWO, output: PICTURE }],
  AveragePooling2D: [{ config: { ...WINDOW, pool_size: [2, 2] }, output: [1, 3, 3, 2] }],
  BatchNormalization: [
    {
      config: { epsilon: 0.001 },
      weights: { moving_mean: [2], moving_variance: [2], gamma: [2], beta: [2] },
      output: PICTURE,
    },
  ],
  Concatenate: [{ config: { axis: -1 }, inputs: TWO, output: [1, 4, 4, 4] }],
  Conv2D: [
    { config: WINDOW, weights: { kernel: [3, 3, 2, 5], bias: [5] }, output: [1, 2, 2, 5] },
    { config: WINDOW, weights: { kernel: [1, 1, 2, 5] }, output: [1, 4, 4, 5] },
  ],
  Conv2DTranspose: [
    {
      config: { strides: [2, 2], padding: 'same', kernel_size: [3, 3] },
      weights: { kernel: [3, 3, 5, 2], bias: [5] },
      output: [1, 8, 8, 5],
    },
  ],
  Cropping2D: [
    {
      config: {
        cropping: [
          [1, 1],
          [0, 1],
        ],
      },
      output: [1, 2, 3, 2],
    },
  ],
  Dense: [{ weights: { kernel: [2, 3], bias: [3] }, output: [1, 4, 4, 3] }],
  DepthwiseConv2D: [
    {
      config: WINDOW,
      weights: { depthwise_kernel: [3, 3, 2, 1], bias: [2] },
      output: [1, 2, 2, 2],
    },
  ],
  Dot: [{ config: { axes: [2, 1] }, inputs: PAIR, output: [1, 2, 2] }],
  Flatten: [{ output: [1, 32] }],
  GlobalAveragePooling2D: [{ output: [1, 2] }],
  GlobalMaxPooling2D: [{ output: [1, 2] }],
  LayerNormalization: [
    { config: { epsilon: 0.001 }, weights: { gamma: [2], beta: [2] }, output: PICTURE },
  ],
  LeakyReLU: [{ config: { alpha: 0.1 }, output: PICTURE }],
  MaxPooling2D: [{ config: { ...WINDOW, pool_size: [2, 2] }, output: [1, 3, 3, 2] }],
  Maximum: [{ inputs: TWO, output: PICTURE }],
  Minimum: [{ inputs: TWO, output: PICTURE }],
  Multiply: [{ inputs: TWO, output: PICTURE }],
  PReLU: [{ weights: { alpha: [2] }, output: PICTURE }],
  Permute: [{ config: { dims: [3, 1, 2] }, output: [1, 2, 4, 4] }],
  ReLU: [
    { output: PICTURE },
    { config: { max_value: 6 }, output: PICTURE },
    { config: { max_value: 2 }, output: PICTURE },
  ],
  Rescaling: [{ config: { scale: [0.5, 0.25], offset: -1 }, output: PICTURE }],
  Reshape: [{ config: { target_shape: [8, -1] }, output: [1, 8, 4] }],
  Softmax: [{ output: PICTURE }],
  ThresholdedReLU: [{ config: { theta: 0.3 }, output: PICTURE }],
  UpSampling2D: [{ config: { size: [2, 2] }, output: [1, 8, 8, 2] }],
  ZeroPadding2D: [
    {
      config: {
        padding: [
          [1, 0],
          [0, 1],
        ],
      },
      output: [1, 5, 5, 2],
    },
  ],
};

test('every layer has an example', () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(Object.keys(LAYERS).sort());
});

test.each(['constructor', 'toString', '__proto__', 'InputLayer', ''])(
  '%j in a file names nothing to compute',
  (name) => {
    expect(isLayer(name)).toBe(false);
    expect(isActivation(name)).toBe(false);
  },
);

/** Values in 0..1, none of which is another. */
function tensor(shape: readonly number[]): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  const values = Float32Array.from({ length: size }, (_, index) => (index + 1) / (size + 1));
  return tf.engine().makeTensor(values, [...shape], 'float32');
}

function run(
  name: ComputedLayer,
  activation: ActivationName,
  { config = {}, ...example }: Example,
) {
  const { weights = {}, inputs = [PICTURE] } = example;
  return tf.engine().tidy(() => {
    const held: Weights = Object.fromEntries(
      Object.entries(weights).map(([key, shape]) => [key, tensor(shape)]),
    );
    return LAYERS[name](config, held, activation, (kept) => kept)(inputs.map(tensor));
  });
}

describe.each(['cpu'])('on %s, with the listed kernels alone', (backend) => {
  const left: tf.KernelConfig[] = [];

  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
    for (const kernel of tf.getKernelsForBackend(backend)) {
      if (KERNELS.has(kernel.kernelName)) continue;
      tf.unregisterKernel(kernel.kernelName, backend);
      left.push(kernel);
    }
    expect(left.length).toBeGreaterThan(50);
  });

  afterAll(() => {
    for (const kernel of left.splice(0)) tf.registerKernel(kernel);
  });

  const examples = (Object.keys(EXAMPLES) as ComputedLayer[]).flatMap((name) =>
    EXAMPLES[name].map((example, index) => ({ title: `${name} (${index + 1})`, name, example })),
  );

  test.each(examples)('$title answers', async ({ name, example }) => {
    const result = run(name, 'linear', example);

    expect(result.shape).toEqual(example.output);
    expect((await result.data()).every(Number.isFinite)).toBe(true);
  });

  test.each(Object.keys(ACTIVATIONS) as ActivationName[])(
    'the activation %s answers',
    async (activation) => {
      const result = run('Activation', activation, { output: PICTURE });

      expect(result.shape).toEqual(PICTURE);
      expect((await result.data()).every(Number.isFinite)).toBe(true);
    },
  );

  test.each(FUSED)('the fused activation %s answers in each layer that has it', (activation) => {
    for (const name of ['Conv2D', 'DepthwiseConv2D', 'Dense'] as const) {
      for (const example of EXAMPLES[name]) {
        expect(run(name, activation, example).shape).toEqual(example.output);
      }
    }
  });
});
