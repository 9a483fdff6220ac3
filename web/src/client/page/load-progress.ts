/** How far the loading of a model is. */

import type { LoadOptions } from '../api.js';
import type { Metadata } from '../bundle/metadata.generated.js';
import { MODEL_FILE, NOVELTY_FILE } from '../constants.generated.js';

/** How far the loading is when the files are there. */
const STARTING = 0.9;

/** Counts the bytes of a model and tells of them. */
export class LoadProgress {
  readonly #tell: LoadOptions['onProgress'];
  readonly #total: number;
  #loaded = 0;

  constructor({ files }: Pick<Metadata, 'files'>, onProgress: LoadOptions['onProgress']) {
    this.#tell = onProgress;
    this.#total = files
      .filter(({ path }) => path === MODEL_FILE || (path.endsWith('.bin') && path !== NOVELTY_FILE))
      .reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** So many more bytes are there. */
  readonly add = (count: number): void => {
    // Files of another export may be longer than announced.
    this.#loaded = Math.min(this.#loaded + count, this.#total);
    this.#report((this.#loaded / this.#total) * STARTING, 'reading');
  };

  /** All bytes are there, and the model is started. */
  start(): void {
    this.#loaded = this.#total;
    this.#report(STARTING, 'starting');
  }

  /** The model can answer. */
  end(): void {
    this.#loaded = this.#total;
    this.#report(1, 'starting');
  }

  #report(fraction: number, stage: Parameters<NonNullable<LoadOptions['onProgress']>>[1]): void {
    this.#tell?.(fraction, stage, { loaded: this.#loaded, total: this.#total });
  }
}
