/** The graph of layers: what is read out of a `model.json`, and what is refused in one. */

import { describe, expect, test } from 'vitest';
import { Field } from '../../web/src/client/bundle/fields.js';
import { findHead, outputsOf, readTopology } from '../../web/src/client/model/topology.js';

type Json = Record<string, unknown>;

function layer(className: string, name: string, inputs: string[] = [], config: Json = {}): Json {
  return {
    class_name: className,
    config: { name, ...config },
    inbound_nodes: inputs.length ? [inputs.map((input) => [input, 0, 0, {}])] : [],
  };
}

const INPUT = layer('InputLayer', 'input', [], { batch_input_shape: [null, 4, 6, 3] });

function read(layers: Json[], changes: Json = {}, className = 'Functional') {
  const last = layers.at(-1)?.config as Json | undefined;
  const config = { layers, output_layers: [[last?.name, 0, 0]], ...changes };
  const document = { model_config: { class_name: className, config } };
  return readTopology(new Field('model.json', 'modelTopology', document));
}

describe('readTopology', () => {
  test('gives layers in order with the layers that they take', () => {
    const { layers, inputShape, output } = read([
      INPUT,
      layer('Conv2D', 'left', ['input'], { filters: 2 }),
      layer('Conv2D', 'right', ['input']),
      layer('Add', 'sum', ['left', 'right']),
    ]);

    expect(layers.map(({ name, inputs }) => [name, ...inputs])).toEqual([
      ['input'],
      ['left', 'input'],
      ['right', 'input'],
      ['sum', 'left', 'right'],
    ]);
    expect(layers[1].config).toMatchObject({ filters: 2 });
    expect(inputShape).toEqual([4, 6, 3]);
    expect(output).toBe('sum');
  });

  test('chains the layers of a stack, whose last one answers', () => {
    const stack = [INPUT, layer('Flatten', 'flat'), layer('Dense', 'dense')];

    const { layers, output } = read(stack, { output_layers: undefined }, 'Sequential');

    expect(layers.map(({ inputs }) => inputs)).toEqual([[], ['input'], ['flat']]);
    expect(output).toBe('dense');
  });

  test('takes the answer from another layer than the last where the file says so', () => {
    const layers = [INPUT, layer('Dense', 'dense', ['input']), layer('ReLU', 'rest', ['dense'])];

    expect(read(layers, { output_layers: [['dense', 0, 0]] }).output).toBe('dense');
  });

  test.each<[string, Json[], Json, string]>([
    ['no layers', [], {}, 'at least one layer'],
    ['no input first', [layer('Dense', 'dense')], {}, 'one InputLayer'],
    ['two inputs', [INPUT, layer('InputLayer', 'second')], {}, 'one InputLayer'],
    ['a layer that comes later', [INPUT, layer('ReLU', 'a', ['b'])], {}, 'layers before this one'],
    [
      'a layer that is called twice',
      [INPUT, { ...layer('ReLU', 'a'), inbound_nodes: [[['input']], [['input']]] }],
      {},
      'one call of each layer',
    ],
    [
      'two outputs',
      [INPUT],
      {
        output_layers: [
          ['input', 0, 0],
          ['input', 0, 0],
        ],
      },
      'one output',
    ],
    ['an unknown output', [INPUT], { output_layers: [['other', 0, 0]] }, 'the name of a layer'],
    [
      'an input without a name',
      [INPUT, { ...layer('ReLU', 'a'), inbound_nodes: [[[]]] }],
      {},
      'name',
    ],
    ['a layer without a name', [{ class_name: 'InputLayer', config: {} }], {}, 'a text'],
  ])('refuses %s and names the place', (_, layers, changes, expected) => {
    const place = expect.stringMatching(
      /^'model\.json' is not valid: modelTopology\.model_config\./,
    );

    const attempt = () => read(layers, changes);

    expect(attempt).toThrow(expected);
    expect(attempt).toThrow(expect.objectContaining({ code: 'bundle-damaged', message: place }));
  });
});

const POOL = layer('GlobalAveragePooling2D', 'pool', ['maps']);
const MAPS = [INPUT, layer('Conv2D', 'maps', ['input'])];
const dense = (input: string, activation: string) =>
  layer('Dense', 'dense', [input], { activation, units: 3 });

describe('findHead', () => {
  test.each<[string, Json[]]>([
    ['a softmax inside', [POOL, dense('pool', 'softmax')]],
    ['a softmax behind', [POOL, dense('pool', 'linear'), layer('Softmax', 'end', ['dense'])]],
    [
      'an activation behind',
      [
        POOL,
        dense('pool', 'linear'),
        layer('Activation', 'end', ['dense'], { activation: 'softmax' }),
      ],
    ],
    [
      'layers that only write the averages in another shape',
      [
        POOL,
        layer('Reshape', 'shape', ['pool']),
        layer('Flatten', 'flat', ['shape']),
        dense('flat', 'softmax'),
      ],
    ],
  ])('finds the maps and the dense layer with %s', (_, rest) => {
    expect(findHead(read([...MAPS, ...rest]))).toEqual({ features: 'maps', dense: 'dense' });
  });

  test.each<[string, Json[]]>([
    ['a sigmoid', [POOL, dense('pool', 'sigmoid')]],
    ['no dense layer', [POOL, layer('Softmax', 'end', ['pool'])]],
    [
      'the largest instead of the mean',
      [layer('GlobalMaxPooling2D', 'pool', ['maps']), dense('pool', 'softmax')],
    ],
    ['a layer between', [POOL, layer('ReLU', 'relu', ['pool']), dense('relu', 'softmax')]],
    [
      'an activation before the softmax',
      [POOL, dense('pool', 'relu'), layer('Softmax', 'end', ['dense'])],
    ],
  ])('finds none with %s', (_, rest) => {
    expect(findHead(read([...MAPS, ...rest]))).toBeUndefined();
  });
});

test('findHead of labels takes sigmoids, and a softmax for none', () => {
  const behind = layer('Activation', 'end', ['dense'], { activation: 'sigmoid' });
  const head = { features: 'maps', dense: 'dense' };

  const found = [
    [POOL, dense('pool', 'sigmoid')],
    [POOL, dense('pool', 'linear'), behind],
    [POOL, dense('pool', 'softmax')],
    [POOL, dense('pool', 'linear'), layer('Softmax', 'end', ['dense'])],
  ].map((rest) => findHead(read([...MAPS, ...rest]), true));

  expect(found).toEqual([head, head, undefined, undefined]);
});

describe('outputsOf', () => {
  test('is the number of units, behind activations too', () => {
    const end = layer('Softmax', 'end', ['act']);
    const act = layer('Activation', 'act', ['dense'], { activation: 'linear' });

    expect(outputsOf(read([INPUT, dense('input', 'softmax')]))).toBe(3);
    expect(outputsOf(read([INPUT, dense('input', 'linear'), act, end]))).toBe(3);
  });

  test('is unknown where no dense layer answers', () => {
    expect(outputsOf(read([INPUT, layer('Flatten', 'flat', ['input'])]))).toBeUndefined();
  });
});
