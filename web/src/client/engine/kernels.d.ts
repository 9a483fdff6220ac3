declare module 'kerasport:kernels' {
  /** The binaries one behind the other, deflated, in base64. */
  export const deflated: string;
  /** Of the products for plain SIMD128, of those for relaxed SIMD, and of all other kernels. */
  export const lengths: readonly [plain: number, relaxed: number, common: number];
}
