/** What lies under a picture, and what is left of its colours: the formulas, level by level. */

/** A level of 0..255 with `alpha` over the background's. */
export function over(level: number, alpha: number, background: number): number {
  // Positive int32 throughout, so that |0 is the floor division of the Python side.
  return ((level * alpha + background * (255 - alpha) + 127) / 255) | 0;
}

/** ITU-R BT.601 luma in 16-bit fixed point, the formula of Pillow's `convert("L")`. */
export function luma(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}
