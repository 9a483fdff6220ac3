/** Sizes that several layers go by: of the kernels' tiles, and of what stays near the processor. */

/** Columns of a panel of weights. */
export const PANEL = 8;

/** Places that are worth loading all weights again. */
export const FEWEST_PLACES = 64;

/** Bytes of values that stay in a cache of 512 kB, beside the weights. */
export const CACHE_BYTES = 384 * 1024;
