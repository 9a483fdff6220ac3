/** What the browser's own decoders make of a picture, refused where they made it up. */

import {
  damaged,
  type EnginePictureFile,
  hasNoAlpha,
  showsNothing,
  withMoreData,
  wrongData,
} from '../pictures/index.js';
import { avifProblem } from './avif-problem.js';
import { AS_STORED, type ReadPixels, readBitmap, readCorner } from './bitmap-pixels.js';
import { readOpaque } from './frame-pixels.js';

/**
 * The pixels as stored, not turned.
 *
 * @throws {@link Problem} where the decoder refuses the file or gives a part of it only.
 */
export async function decodeByEngine(file: EnginePictureFile): Promise<ReadPixels> {
  const { pixels, isOpaque } = await readEncoded(file.content, file.format).catch(async () => {
    throw file.format === 'AVIF' ? await avifProblem() : wrongData();
  });
  if (pixels.width !== file.width || pixels.height !== file.height) throw wrongData();
  if (isOpaque) return pixels;
  if (await isUnfinished(file, pixels)) throw wrongData();
  if (file.isOpaque) throw damaged('it is transparent and says that it is not');
  if (file.format === 'WEBP' && isAllClear(pixels)) throw showsNothing();
  return pixels;
}

/** A picture's pixels, and whether each of them is opaque. */
interface Decoded {
  readonly pixels: ReadPixels;
  readonly isOpaque: boolean;
}

async function readEncoded(content: Uint8Array, format: string): Promise<Decoded> {
  const type = `image/${format.toLowerCase()}`;
  const blob = new Blob([content as Uint8Array<ArrayBuffer>], { type });
  const bitmap = await createImageBitmap(blob, AS_STORED);
  try {
    const opaque = await readOpaque(bitmap, (width, height) => readCorner(bitmap, width, height));
    if (opaque) return { pixels: { ...opaque, isExact: true }, isOpaque: true };
    const pixels = await readBitmap(bitmap, blob);
    return { pixels, isOpaque: isAllOpaque(pixels) };
  } finally {
    bitmap.close();
  }
}

// The upper third of a WebP of 16 x 33 pixels.
const PROBE =
  'UklGRmgAAABXRUJQVlA4IFwAAACQBACdASoQACEAP83c5mu/tS6pKqgD8DmJbD2G4GmGABrAeiImlLMdWME2PUAA91c0' +
  'FprvvdFODlGNGYHr3QqKegDTU7R51zmMzM/k4aVLE7ZvA9MIgEhUv8gRAA==';

let partsAreGiven: Promise<boolean> | undefined;

/** Whether the browser shows what it could decode of a WebP that breaks off: WebKit does. */
function givesParts(): Promise<boolean> {
  const bytes = Uint8Array.from(atob(PROBE), (character) => character.charCodeAt(0));
  const blob = new Blob([bytes], { type: 'image/webp' });
  partsAreGiven ??= createImageBitmap(blob).then(
    (bitmap) => {
      bitmap.close();
      return true;
    },
    () => false,
  );
  return partsAreGiven;
}

/** Whether some of a picture with alpha was not painted, because its data broke off. */
async function isUnfinished(file: EnginePictureFile, pixels: ReadPixels): Promise<boolean> {
  if (file.format !== 'WEBP' || hasNoAlpha(file.content)) return true;
  // What is transparent may be meant so. With more data behind it, a whole picture stays what it
  // is, and one that broke off goes on.
  if (!(await givesParts())) return false;
  // What WebKit gives up it shows as nothing at all, which is refused wherever it comes from.
  if (isAllClear(pixels)) return false;
  const more = withMoreData(file.content, pixels.data.length);
  const longer = await readEncoded(more, file.format).catch(() => undefined);
  return !longer || longer.pixels.data.some((level, index) => level !== pixels.data[index]);
}

function isAllOpaque({ data, channels }: ReadPixels): boolean {
  if (channels !== 4) return true;
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}

function isAllClear({ data, channels }: ReadPixels): boolean {
  if (channels !== 4) return false;
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 0) return false;
  return true;
}
