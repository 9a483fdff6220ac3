declare module 'kerasport:kernels' {
  /** The binaries one behind the other, deflated, in base64. */
  export const deflated: string;
  /**
   * Of the products for plain SIMD128, of those for relaxed SIMD, of all other kernels, and of what
   * tells whether relaxed SIMD is worth it.
   */
  export const lengths: readonly [plain: number, relaxed: number, common: number, probe: number];
}
