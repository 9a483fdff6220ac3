/** When a faster backend is looked for. */

import type { BackendName } from '../constants.generated.js';
import type { WorkerChoice } from './session.js';

/** How a classifier may look for a faster backend. */
export interface Tuning {
  /** Whether unasked, too. */
  readonly isAutomatic: boolean;
  readonly worker: WorkerChoice;
}

/** Where a model runs now. */
export interface Where {
  readonly backend: BackendName;
  /** Beside the page. */
  readonly isRemote: boolean;
}

/** From this many milliseconds per inference another backend is worth looking for: one frame. */
const WORTH_TUNING = 16;
/** After so many pictures the first one's start-up is over. */
const SETTLED = 3;

/** Tells the moment to look for a faster backend unasked. */
export class TuningClock {
  #answers = 0;
  #fastest = Number.POSITIVE_INFINITY;
  #isOver: boolean;

  constructor({ isAutomatic }: Tuning) {
    this.#isOver = !isAutomatic;
  }

  /**
   * Whether the moment is now: asked after each answer, with the milliseconds of its inference; true
   * at most once.
   */
  isDue(milliseconds: number, { isRemote, backend }: Where): boolean {
    this.#answers++;
    this.#fastest = Math.min(this.#fastest, milliseconds);
    // In the page's own thread the search would hold the page up.
    if (this.#isOver || !isRemote || this.#answers < SETTLED) return false;
    this.#isOver = true;
    return this.#fastest >= WORTH_TUNING && backend === 'wasm';
  }

  /** Somebody has looked already. */
  stop(): void {
    this.#isOver = true;
  }
}

/** Does work when the page has nothing else to do. */
export function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work);
  else setTimeout(work);
}
