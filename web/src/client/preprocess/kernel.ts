/** The inner loops of preprocessing: vectors in WebAssembly where there are such, else TypeScript. */

import type { Kernel } from './arithmetic.js';
import binary from './kernel.wat';
import { scalarKernel } from './kernel-scalar.js';

/** Every loop may read and write this many bytes behind what it was asked for. */
export const SLACK_BYTES = 32;

// A WebAssembly memory never shrinks. Ordinary pictures need less than one of these.
const MOST_VECTOR_BYTES = 64 * 2 ** 20;
const PAGE_BYTES = 2 ** 16;

type Exports = Omit<Kernel, 'memory' | 'hasSplitWeights'> & {
  readonly memory: WebAssembly.Memory;
};

let exports: Exports | null | undefined;

/** The fastest kernel there is, with at least `bytes` of memory, whatever they hold. */
export function kernelWith(bytes: number): Kernel {
  return vectorKernel(bytes) ?? scalarKernel(bytes);
}

/** Undefined where there is no WebAssembly with vectors, or for more memory than is worth keeping. */
export function vectorKernel(bytes: number): Kernel | undefined {
  if (exports === undefined) exports = instantiate();
  if (!exports || bytes > MOST_VECTOR_BYTES) return undefined;
  const { memory, ...loops } = exports;
  const missing = bytes - memory.buffer.byteLength;
  try {
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  } catch {
    return undefined;
  }
  return { ...loops, memory: memory.buffer, hasSplitWeights: true };
}

/** What the vectors have reserved, which they never give back. */
export function vectorBytes(): number {
  return exports ? exports.memory.buffer.byteLength : 0;
}

// Synchronous, because preprocessing is; browsers allow that up to 4 KiB. Old browsers and pages
// whose Content-Security-Policy forbids WebAssembly throw.
function instantiate(): Exports | null {
  try {
    const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    return instance.exports as unknown as Exports;
  } catch {
    return null;
  }
}
