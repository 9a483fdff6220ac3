/** Weights as the engine reads them, beside TensorFlow.js' own reader. */

import '@tensorflow/tfjs-backend-cpu';
import { io } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readWeights } from '../../../web/src/client/engine/weights.js';

const BYTES = { float32: 4, float16: 2, uint16: 2, uint8: 1 };

const stored = fc.record({
  dtype: fc.constantFrom(...(Object.keys(BYTES) as (keyof typeof BYTES)[])),
  shape: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
  scale: fc.double({ min: 1e-6, max: 10, noNaN: true }),
  min: fc.double({ min: -10, max: 10, noNaN: true }),
  seed: fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
});

test('every stored type gives the values that TensorFlow.js reads, wherever the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(stored, { minLength: 1, maxLength: 6 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
      (weights, cuts) => {
        const specs = weights.map(({ dtype, shape, scale, min }, index) => ({
          name: `layer/with/parts${index >> 1}/w${index}`,
          shape,
          dtype: 'float32' as const,
          ...(dtype !== 'float32' && {
            quantization: dtype === 'float16' ? { dtype } : { dtype, scale, min },
          }),
        }));
        const bytes = weights.flatMap(({ dtype, shape, seed }) =>
          Array.from(
            { length: BYTES[dtype] * shape.reduce((product, side) => product * side, 1) },
            () => seed.next().value as number,
          ),
        );
        const whole = Uint8Array.from(bytes);
        const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length];
        places.sort((a, b) => a - b);
        const pieces = places.slice(1).map((end, i) => whole.slice(places[i], end).buffer);

        const read = readWeights(specs, pieces);

        const expected = io.decodeWeights(whole.buffer, specs as io.WeightsManifestEntry[]);
        for (const [name, tensor] of Object.entries(expected)) {
          const cut = name.lastIndexOf('/');
          const weight = read.get(name.slice(0, cut))?.[name.slice(cut + 1)];
          expect(weight?.shape).toEqual(tensor.shape);
          expect(weight?.values).toEqual(tensor.dataSync());
          tensor.dispose();
        }
      },
    ),
  );
});
