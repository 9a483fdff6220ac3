/** Calls single kernels in memory where every other byte is watched. */

import {
  type BinaryName,
  type Kernels,
  startKernels,
} from '../../../web/src/client/engine/binary.js';
import { GARBAGE } from './watched.js';

/** Bytes between two regions, more than a kernel may read. */
const GAP = 128;

const BYTES = 1 << 20;

/** A region that a kernel reads, or writes to where only its size is given. */
export type Region = ArrayLike<number> | { readonly values: number };

/** Runs kernels of one binary, one after the other. */
export class KernelRuns {
  readonly #kernels: Kernels;

  private constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  static async start(binary: BinaryName): Promise<KernelRuns> {
    return new KernelRuns(await startKernels(BYTES, binary));
  }

  /**
   * Runs one kernel and returns what the regions hold behind it.
   *
   * @param call - puts the regions' addresses among the other parameters.
   * @throws where a byte outside of the regions was written.
   */
  run(
    name: string,
    regions: readonly Region[],
    call: (addresses: number[]) => readonly number[],
  ): Float32Array[] {
    const bytes = new Uint8Array(this.#kernels.memory.buffer);
    const addresses: number[] = [];
    let end = GAP;
    for (const region of regions) {
      addresses.push(end);
      end = Math.ceil((end + 4 * length(region) + GAP) / 64) * 64;
    }
    bytes.fill(GARBAGE, 0, end);
    const views = regions.map(
      (region, index) => new Float32Array(bytes.buffer, addresses[index], length(region)),
    );
    for (const [index, region] of regions.entries()) {
      if ('length' in region) views[index].set(region);
    }
    this.#kernels.functions[name](...call(addresses));
    const results = views.map((view) => view.slice());
    for (const view of views)
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(GARBAGE);
    if (bytes.subarray(0, end + GAP).some((byte, at) => at < end && byte !== GARBAGE)) {
      throw new Error(`${name} wrote outside of its regions`);
    }
    return results;
  }
}

function length(region: Region): number {
  return 'length' in region ? region.length : region.values;
}

/** Distance of two neighbors among the float32 at a number. */
export function ulp(value: number): number {
  const size = Math.max(Math.abs(value), 2 ** -126);
  return 2 ** (Math.floor(Math.log2(size)) - 23);
}
