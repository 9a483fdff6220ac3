/** What both kernels compute, and how exact their weights are. */

/** Fractional bits of a weight. */
export const PRECISION_BITS = 22;

/** Loops over one piece of memory. Addresses and lengths are in bytes, counts in pixels. */
export interface Kernel {
  readonly memory: ArrayBuffer;
  /** Whether a weight is stored as a row of high halves and a row of low ones, of 16 bits each. */
  readonly hasSplitWeights: boolean;
  /** Whether the alpha of RGBA pixels is 255 (any value that is not zero means yes). */
  isOpaque(from: number, count: number): number | boolean;
  /** Puts RGBA pixels over `background`, a pixel like them, in place. */
  mix(from: number, count: number, background: number): void;
  /** Leaves out the fourth value of pixels, in place. */
  colors(from: number, count: number): void;
  /** The luma of RGBA pixels. */
  gray(from: number, to: number, count: number): void;
  /**
   * The horizontal pass over pixels of four values. Per position of the result, `spans` holds the
   * offset of its first pixel in `line` and its number of pixels, and `weights` as many as `taps`.
   */
  acrossFour: Across;
  /** The horizontal pass over pixels of one value. */
  acrossOne: Across;
  /**
   * One row of the vertical pass: `count` rows of `length` bytes, the first at `first`, in a ring of
   * rows from `ring` to before `ringEnd`.
   */
  down(
    ring: number,
    ringEnd: number,
    first: number,
    length: number,
    weights: number,
    count: number,
    to: number,
  ): void;
}

type Across = (
  line: number,
  spans: number,
  count: number,
  weights: number,
  taps: number,
  to: number,
) => void;
