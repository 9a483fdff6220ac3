/** Where the pieces of one memory lie, so that those that are needed at once do not overlap. */

/** Vectors lie at multiples of it, and a kernel may read as far behind a region. */
export const ALIGNMENT = 64;

/** A piece of memory, needed from one call of a list to another, both included. */
export interface Region {
  readonly bytes: number;
  first: number;
  last: number;
  /** -1 until it is laid out. */
  address: number;
}

/** `bytes` and what may be read behind them, as a multiple of {@link ALIGNMENT}. */
export function roundUp(bytes: number): number {
  return Math.ceil((bytes + ALIGNMENT) / ALIGNMENT) * ALIGNMENT;
}

/**
 * Lays regions out from `start` on, the largest first, each at the lowest address where nothing lies
 * that is needed at the same time (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural
 * Net Inference", 2020: greedy by size). Returns where the last one ends.
 */
export function layOut(regions: readonly Region[], start: number): number {
  const placed: Region[] = [];
  let end = start;
  for (const region of [...regions].sort((a, b) => b.bytes - a.bytes)) {
    const size = roundUp(region.bytes);
    let address = start;
    // In the order of their addresses, so that the first gap that is wide enough is the lowest.
    for (const other of placed) {
      if (other.last < region.first || region.last < other.first) continue;
      if (address + size <= other.address) break;
      address = Math.max(address, other.address + roundUp(other.bytes));
    }
    region.address = address;
    end = Math.max(end, address + size);
    const behind = placed.findIndex((other) => other.address > address);
    placed.splice(behind < 0 ? placed.length : behind, 0, region);
  }
  return end;
}
