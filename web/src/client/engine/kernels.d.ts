declare module 'kerasport:kernels' {
  /** The two binaries one behind the other, deflated, in base64. */
  export const deflated: string;
  /** Length of the first one, for plain SIMD128. */
  export const split: number;
}
