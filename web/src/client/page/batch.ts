/** A batch of pictures: what becomes of each, in their order. */

import type { BatchResult, ClassifyManyOptions, KeptResult } from '../api.js';
import { KerasportError } from '../errors.js';
import { checkImageSource, type ImageSource } from '../reading/sources.js';
import { dealInOrder } from './dealing.js';

/** Pictures, however they come. */
export type Images = Iterable<ImageSource> | AsyncIterable<ImageSource>;

/** Who answers a batch. */
export interface Answering<Answer> {
  /** How many pictures may be taken and not yet told; see {@link dealInOrder}. */
  readonly window: () => number;
  readonly classify: (image: ImageSource) => Promise<Answer>;
  /** Ends everything, with its reason. */
  readonly ended: AbortSignal;
}

/** The results for all pictures, as they may be kept. */
export async function answerAll<
  ClassName extends string,
  Answer extends { readonly input: unknown },
>(
  images: Images,
  { signal, onProgress, onResult }: ClassifyManyOptions<ClassName, Answer>,
  { window, classify, ended }: Answering<Answer>,
): Promise<KeptResult<ClassName, Answer>[]> {
  const total = countOf(images);
  const results: KeptResult<ClassName, Answer>[] = [];
  await dealInOrder<ImageSource, BatchResult<ClassName, Answer>>(images, {
    window,
    signals: [ended, ...(signal ? [signal] : [])],
    async work(image, index) {
      try {
        checkImageSource(image);
        return { index, image, classification: await classify(image), error: null };
      } catch (error) {
        if (!isAboutThePicture(error)) throw error;
        return { index, image, classification: null, error };
      }
    },
    async tell(result) {
      results.push(keptOf(result, total !== null));
      await onResult?.(result);
      onProgress?.(results.length, total);
    },
  });
  return results;
}

/** Number of pictures, or null where only asking for all of them can tell. */
export function countOf(images: Images): number | null {
  if ('length' in images && typeof images.length === 'number') return images.length;
  return 'size' in images && typeof images.size === 'number' ? images.size : null;
}

/** A result without what would make many of them large. */
function keptOf<ClassName extends string, Answer extends { readonly input: unknown }>(
  { index, image, classification, error }: BatchResult<ClassName, Answer>,
  isHeld: boolean,
): KeptResult<ClassName, Answer> {
  if (classification === null)
    return { index, image: isHeld ? image : null, classification, error };
  const { input: _, ...kept } = classification;
  return { index, image: isHeld ? image : null, classification: kept, error };
}

/** Whether an error says nothing about the next picture. */
function isAboutThePicture(error: unknown): error is KerasportError {
  const codes = ['picture-unreadable', 'invalid-argument'];
  return error instanceof KerasportError && codes.includes(error.code);
}
