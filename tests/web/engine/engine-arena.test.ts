/** Where the engine's regions lie. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ALIGNMENT,
  layOut,
  layOutInOrder,
  type Region,
} from '../../../web/src/client/engine/arena.js';

const region = fc
  .record({ bytes: fc.nat(5000), first: fc.nat(30), length: fc.nat(10) })
  .map(({ bytes, first, length }): Region => ({ bytes, first, last: first + length, address: -1 }));

test.each([layOut, layOutInOrder])(
  'regions that are needed at once never share a byte, nor what may be read behind one: $name',
  (layOut) => {
    fc.assert(
      fc.property(fc.array(region, { maxLength: 40 }), fc.nat(9), (regions, start) => {
        const end = layOut(regions, start * ALIGNMENT);

        for (const [index, one] of regions.entries()) {
          expect(one.address % ALIGNMENT).toBe(0);
          expect(one.address).toBeGreaterThanOrEqual(start * ALIGNMENT);
          expect(one.address + one.bytes + ALIGNMENT).toBeLessThanOrEqual(end);
          for (const other of regions.slice(index + 1)) {
            if (one.last < other.first || other.last < one.first) continue;
            const [low, high] = one.address < other.address ? [one, other] : [other, one];
            expect(low.address + low.bytes + ALIGNMENT).toBeLessThanOrEqual(high.address);
          }
        }
      }),
    );
  },
);

test.each([layOut, layOutInOrder])(
  'regions that follow each other take the place of the largest: $name',
  (layOut) => {
    const regions = [0, 2, 4].map(
      (first, index): Region => ({ bytes: 1000 + index, first, last: first + 1, address: -1 }),
    );

    const end = layOut(regions, 0);

    expect(regions.map(({ address }) => address)).toEqual([0, 0, 0]);
    expect(end).toBeLessThan(1200);
  },
);
