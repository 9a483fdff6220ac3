declare module 'kerasport:kernels' {
  /** The two binaries in pieces that take turns, the first one for plain SIMD128: deflated, in base64. */
  export const deflated: string;
  /** Lengths of the pieces. */
  export const pieces: readonly number[];
}
