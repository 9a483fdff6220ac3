/** What a model may cost, decided before anything is reserved; settings are in the table of cases. */

import { expect, test } from 'vitest';
import { Field } from '../../web/src/client/bundle/fields.js';
import { LAYER_RULES } from '../../web/src/client/model/layer-rules.js';
import { planModel } from '../../web/src/client/model/plan.js';
import { readTopology } from '../../web/src/client/model/topology.js';
import { LAYERS } from '../../web/src/client/tensorflow/layers.js';

type Layer = readonly [className: string, config: Record<string, unknown>];

/** Plans a chain of layers behind an input of 64 x 64 x 1. */
function plan(...rest: Layer[]) {
  const input: Layer = ['InputLayer', { batch_input_shape: [null, 64, 64, 1] }];
  const layers = [input, ...rest].map(([class_name, config], index) => ({
    class_name,
    config: { ...config, name: `l${index}` },
  }));
  const model = { class_name: 'Sequential', config: { layers } };
  const root = new Field('model.json', 'modelTopology', { model_config: model });
  return planModel(readTopology(root), new Map(), 'model.json');
}

const RELU: Layer = ['ReLU', {}];

test('a layer within the limits is planned', () => {
  expect(plan(['UpSampling2D', { size: [128, 128] }], RELU).outputShape).toEqual([8192, 8192, 1]);
});

test('a model that holds too much at a time is refused', () => {
  const pooling: Layer = ['MaxPooling2D', { pool_size: [3, 3], strides: [1, 1], padding: 'same' }];

  expect(() => plan(['UpSampling2D', { size: [128, 255] }], RELU, pooling)).toThrow(
    'values are held for one picture at',
  );
});

test('a model that works too long is refused', () => {
  const many = Array.from({ length: 200 }, () => RELU);

  expect(() => plan(['UpSampling2D', { size: [128, 128] }], ...many)).toThrow(
    'take more than 549755813888 multiply-adds for one',
  );
});

test('every layer that is planned is computed', () => {
  const planned = Object.keys(LAYER_RULES).filter((name) => name !== 'InputLayer');

  expect(planned.sort()).toEqual(Object.keys(LAYERS).sort());
});
