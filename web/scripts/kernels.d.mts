export const KERNELS: ReadonlySet<string>;
