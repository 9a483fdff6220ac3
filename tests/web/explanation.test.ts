/** How an answer is explained, with a model that looks at one corner only. */

import { expect, test } from 'vitest';
import { type Explainable, explain } from '../../web/src/client/model/explanation.js';

const SIDE = 12;
const CLASSES = ['dark', 'light'];
const PICTURE = { data: new Uint8Array(SIDE * SIDE), width: SIDE, height: SIDE };

/** Its picture is white in the left top corner, and that alone makes it light. */
class Corner implements Explainable {
  asked = 0;

  constructor(readonly map?: { values: Float32Array; height: number; width: number }) {}

  async preprocess() {
    const data = new Uint8Array(SIDE * SIDE);
    data[0] = 255;
    return { data, height: SIDE, width: SIDE, channels: 1 as const };
  }

  async predict([corner]: Uint8Array) {
    this.asked++;
    const light = 0.2 + 0.6 * (corner / 255);
    return Float32Array.of(1 - light, light);
  }

  async classActivation() {
    return this.map;
  }
}

test('occlusion finds the patches whose covering lowers the probability', async () => {
  const progress: number[] = [];
  const onProgress = (fraction: number) => progress.push(fraction);

  const { method, className, heat } = await explain(new Corner(), PICTURE, CLASSES, { onProgress });

  expect([method, className]).toEqual(['occlusion', 'light']);
  expect(heat[0]).toBe(1);
  // A patch is 2 x 2 pixels, and the next one begins in its second row and column.
  expect([heat[1], heat[SIDE], heat[SIDE + 1]]).toEqual([0.5, 0.5, 0.25]);
  expect(heat.filter((value) => value > 0)).toHaveLength(4);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(progress.at(-1)).toBe(1);
});

test('class activation is preferred where the model has it, and takes one inference', async () => {
  const map = { values: Float32Array.of(0, 2, -1, 1), height: 2, width: 2 };
  const session = new Corner(map);

  const { method, heat } = await explain(session, PICTURE, CLASSES, { classIndex: 0 });

  expect([method, session.asked]).toEqual(['class-activation', 1]);
  expect([heat[0], heat[SIDE - 1], heat[SIDE * (SIDE - 1)]]).toEqual([0, 1, 0]);
});

test.each([
  ['a class that is none', { classIndex: 2 }, 'Expected a whole number from 0 to 1'],
  ['a method that is none', { method: 'guess' as 'auto' }, 'auto, class-activation or occlusion'],
  [
    'class activation of a model without it',
    { method: 'class-activation' as const },
    'no class activation map',
  ],
])('%s is refused', async (_, options, message) => {
  await expect(explain(new Corner(), PICTURE, CLASSES, options)).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining(message),
  });
});

test('a model with another number of probabilities than classes is refused', async () => {
  await expect(explain(new Corner(), PICTURE, ['one'], {})).rejects.toMatchObject({
    code: 'bundle-damaged',
    message: expect.stringContaining('2 probabilities for 1 class names'),
  });
});
