/** What a model on the engine holds on to. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { engineLoader } from '../../../web/src/client/engine/model.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const UNITS = 50;

/** A dense layer on nine values. */
function load(weightData: ArrayBuffer[]) {
  const layer = (name: string, className: string, inputs: string[], config = {}) => ({
    ...{ name, className, inputs, config },
  });
  return engineLoader.load({
    graph: {
      layers: [
        layer('pixels', 'InputLayer', []),
        layer('flat', 'Flatten', ['pixels']),
        layer('dense', 'Dense', ['flat'], { units: UNITS, activation: 'linear' }),
      ],
      inputShape: [3, 3, 1],
      output: 'dense',
    },
    weightSpecs: [{ name: 'dense/kernel', shape: [9, UNITS], dtype: 'float32' }],
    weightData,
    inputShape: [3, 3, 1],
    shapes: new Map([
      ['pixels', [3, 3, 1]],
      ['flat', [9]],
      ['dense', [UNITS]],
    ]),
    classes: UNITS,
  });
}

test('the weights as they came are let go when they are packed', async () => {
  let weights: Float32Array | undefined = new Float32Array(9 * UNITS).fill(0.5);
  const held = new WeakRef(weights.buffer);
  const model = await load([weights.buffer as ArrayBuffer]);
  weights = undefined;

  // In a task of its own: what a task has seen is held until it ends.
  await new Promise((done) => setTimeout(done));
  collectGarbage();

  expect(held.deref()).toBeUndefined();
  expect([...(await model.run(new Uint8Array(9).fill(2)))]).toEqual(Array(UNITS).fill(9));
});
