/** How the demo page's pen takes after the training pictures. */

import { expect, test } from 'vitest';
import { measureInk } from '../../web/src/demo/ways/ink.js';

/** A square of `side` with a filled rectangle in the middle. */
function picture(side: number, width: number, height: number, paper: number, pen: number) {
  const data = new Uint8Array(side * side).fill(paper);
  const [left, top] = [(side - width) >> 1, (side - height) >> 1];
  for (let row = top; row < top + height; row++) {
    data.fill(pen, row * side + left, row * side + left + width);
  }
  return { data, width: side, height: side };
}

test('light ink on dark paper is recognised, and the other way round', () => {
  expect(measureInk([picture(28, 3, 20, 0, 255)])).toMatchObject({ paper: 0, pen: 255 });
  expect(measureInk([picture(28, 3, 20, 255, 0)])).toMatchObject({ paper: 255, pen: 0 });
});

test('a long bar is as wide as it is, and as large as its longer side', () => {
  const { stroke, extent } = measureInk([picture(100, 10, 80, 0, 255)]);

  // Its ends make the outline a little longer than its two sides: 2 * 800 / 180, not 10.
  expect(stroke).toBeCloseTo(0.0889, 2);
  expect(extent).toBe(0.8);
});

test('without samples it is a dark pen on white paper', () => {
  expect(measureInk([])).toMatchObject({ paper: 255, pen: 0 });
});
