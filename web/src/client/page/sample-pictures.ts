/** Reads the pictures that came with a model. */

import type { SamplePicture } from '../api.js';
import type { Folder } from '../bundle/folder.js';
import type { Metadata } from '../bundle/metadata.generated.js';
import { readSamples } from '../bundle/metadata.js';
import { readVerified } from '../bundle/verified.js';
import { SAMPLES_FILE } from '../constants.generated.js';

/** The samples with their pictures; an empty list where the bundle has none. */
export async function readSamplePictures(
  folder: Folder,
  { files, classNames }: Metadata,
): Promise<SamplePicture[]> {
  if (!files.some((entry) => entry.path === SAMPLES_FILE)) return [];
  const samples = readSamples(await readVerified(folder, SAMPLES_FILE, files), classNames, files);
  return Promise.all(
    samples.map(async (sample) => {
      const bytes = await readVerified(folder, sample.file, files);
      const type = `image/${sample.file.split('.').at(-1)}`.replace('jpg', 'jpeg');
      return { ...sample, blob: new Blob([bytes as Uint8Array<ArrayBuffer>], { type }) };
    }),
  );
}
