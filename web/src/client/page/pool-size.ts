/** On how many workers a batch of pictures runs. */

/** More are never started unasked. */
const MOST = 8;
/** Below it the start of another worker costs more than it saves. */
const PICTURES_OF_A_WORKER = 4;
/** Up to so many pictures one worker is enough. */
const FEW = 8;
/** What the thread and the code of a worker hold beside the model. */
const WORKER_BYTES = 24e6;
/** The share of the device's memory that all workers together may take. */
const SHARE = 1 / 8;
/** Where the browser does not tell. */
const USUAL_GIBIBYTES = 4;

/** What decides it. */
export interface BatchNeeds {
  /** Number of pictures, or null where nobody knows. */
  readonly total: number | null;
  /** What one worker holds of the model: weights, and what it computes. */
  readonly bytes: number;
  /** Logical processors. */
  readonly cores: number;
  /** Memory of the device; undefined where the browser does not tell. */
  readonly gibibytes: number | undefined;
}

/** The number of workers, at least 1. */
export function poolSize({ total, bytes, cores, gibibytes }: BatchNeeds): number {
  if (total !== null && total <= FEW) return 1;
  // One is left to the page, but of two: the page has little to do meanwhile.
  const free = cores <= 2 ? cores : cores - 1;
  const budget = (gibibytes ?? USUAL_GIBIBYTES) * 2 ** 30 * SHARE;
  const fitting = Math.floor(budget / (bytes + WORKER_BYTES));
  const worth = total === null ? MOST : Math.ceil(total / PICTURES_OF_A_WORKER);
  return Math.max(1, Math.min(free, fitting, worth, MOST));
}
