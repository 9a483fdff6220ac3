/** Why the browser's decoder refused an AVIF whose headers are whole. */

import { Problem, wrongData } from '../pictures/index.js';

// One gray pixel.
const PROBE =
  'AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAORtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA' +
  'AAAAAAAAAAAAAA5waXRtAAAAAAABAAAAI2lpbmYAAAAAAAEAAAAVaW5mZQIAAAAAAQAAYXYwMQAAAABoaXBycAAA' +
  'AElpcGNvAAAAFGlzcGUAAAAAAAAAAQAAAAEAAAAOcGl4aQAAAAABCAAAAAxhdjFDgQAcAAAAABNjb2xybmNseAAB' +
  'AA0ABoAAAAAXaXBtYQAAAAAAAAABAAEEAQKDBAAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAEIAAAAFwAAAB9tZGF0' +
  'CgcYAAbYCGg1MgwZRiGAAGgAgJBBFMA=';

let isRead: Promise<boolean> | undefined;

/** The browser knows no AVIF at all, or the data is wrong. */
export async function avifProblem(): Promise<Problem> {
  const bytes = Uint8Array.from(atob(PROBE), (character) => character.charCodeAt(0));
  isRead ??= createImageBitmap(new Blob([bytes], { type: 'image/avif' })).then(
    (bitmap) => {
      bitmap.close();
      return true;
    },
    () => false,
  );
  if (await isRead) return wrongData();
  return new Problem('it is an AVIF, which this browser does not read', 'Save it as PNG or JPEG.');
}
