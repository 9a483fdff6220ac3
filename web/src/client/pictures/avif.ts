/** AVIF: size and completeness; the file itself goes to the decoder unchanged. */

import { MAX_SIDE } from '../constants.generated.js';
import type { Bytes } from './bytes.js';
import type { PictureFile } from './picture-file.js';
import { checkSize, damaged, endsEarly, Problem } from './problem.js';

/** Whether the file type box names AVIF. */
export function isAvif(file: Bytes): boolean {
  if (file.length < 12 || file.text(4, 4) !== 'ftyp') return false;
  const brands = file.text(8, 4) + file.text(16, Math.min(file.number(0, 4), 256) - 16);
  return (brands.match(/[\s\S]{4}/g) ?? []).some((brand) => brand === 'avif' || brand === 'avis');
}

/** The file as it is, once every box is whole and its size is allowed. */
export function readAvif(file: Bytes): PictureFile {
  const meta = metaBox(file);
  const sizes: { width: number; height: number }[] = [];
  let isMirrored = false;
  for (let at = 0; at + 4 <= meta.length; at++) {
    const name = meta.text(at, 4);
    isMirrored ||= name === 'imir';
    if (name === 'ispe' && at + 16 <= meta.length) {
      sizes.push({ width: meta.number(at + 8, 4), height: meta.number(at + 12, 4) });
    }
  }
  if (sizes.length === 0) throw damaged('it holds no picture');
  if (isMirrored) {
    throw new Problem('it is an AVIF that is stored mirrored, which browsers show differently');
  }
  // A picture that is put together from tiles has a size for the tiles too.
  const size = sizes.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
  checkSize(size.width, size.height, MAX_SIDE);
  return { format: 'AVIF', ...size, content: file.data, orientation: 1 };
}

function metaBox(file: Bytes): Bytes {
  let meta: Bytes | undefined;
  let position = 0;
  while (position < file.length) {
    if (position + 8 > file.length) throw endsEarly();
    let length = file.number(position, 4);
    if (length === 1 && position + 16 <= file.length) {
      length = file.number(position + 8, 4) * 2 ** 32 + file.number(position + 12, 4);
    } else if (length === 0) {
      length = file.length - position;
    }
    if (length < 8) throw damaged('its boxes are wrong');
    if (position + length > file.length) throw endsEarly();
    if (file.text(position + 4, 4) === 'meta') {
      meta ??= file.part(position, position + length);
    }
    position += length;
  }
  return meta ?? file.part(0, 0);
}
