/** GIF's compressed data (LZW). */

import { MAX_CLEARS } from '../constants.generated.js';
import { grouped, Problem, wrongData } from './problem.js';

const MAX_CODES = 4096;

/**
 * The indices of `pixels` pixels; what follows them is not looked at.
 *
 * @throws {@link Problem} where the data ends before the last pixel, or has a code that is not
 *   defined yet.
 */
export function decodeCodes(data: Uint8Array, codeSize: number, pixels: number): Uint8Array {
  const clear = 1 << codeSize;
  // What a code stands for is what was written where its entry was made, and one pixel more.
  const starts = new Uint32Array(MAX_CODES);
  const lengths = new Uint32Array(MAX_CODES).fill(1, 0, clear);
  const indices = new Uint8Array(pixels);
  let [next, size, previous, clears] = [clear + 2, codeSize + 1, -1, 0];
  let [bits, held, filled] = [0, 0, 0];
  for (let position = 0; position < data.length && filled < pixels; position++) {
    bits |= data[position] << held;
    held += 8;
    while (held >= size && filled < pixels) {
      const code = bits & ((1 << size) - 1);
      bits >>>= size;
      held -= size;
      if (code === clear) {
        [next, size, previous] = [clear + 2, codeSize + 1, -1];
        clears += 1;
        if (clears > MAX_CLEARS) throw tooManyClears();
        continue;
      }
      // The end before the last pixel, or a code that is not defined yet.
      const isNew = code === next && previous >= 0 && next < MAX_CODES;
      if (code === clear + 1 || (code >= next && !isNew) || (previous < 0 && code > clear)) {
        throw wrongData();
      }
      if (previous >= 0 && next < MAX_CODES) {
        starts[next] = filled - lengths[previous];
        lengths[next++] = lengths[previous] + 1;
        if (next === 1 << size && size < 12) size += 1;
      }
      if (code < clear) indices[filled++] = code;
      else {
        // One by one: the last pixel may be a copy of the first.
        const end = Math.min(filled + lengths[code], pixels);
        for (let from = starts[code]; filled < end; from++) indices[filled++] = indices[from];
      }
      previous = code;
    }
  }
  if (filled < pixels) throw wrongData();
  return indices;
}

function tooManyClears(): Problem {
  return new Problem(
    `it is a GIF that begins its table anew more than ${grouped(MAX_CLEARS)} times`,
  );
}
