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
    end = Math.max(end, put(region, placed, start));
  }
  return end;
}

/**
 * The same in the order in which they are needed, for many that are needed for a short time each: no
 * region is compared with those that are gone by then.
 */
export function layOutInOrder(regions: readonly Region[], start: number): number {
  let placed: Region[] = [];
  let end = start;
  for (const region of [...regions].sort((a, b) => a.first - b.first)) {
    placed = placed.filter(({ last }) => last >= region.first);
    end = Math.max(end, put(region, placed, start));
  }
  return end;
}

/** Puts a region among others, which lie in the order of their addresses; returns where it ends. */
function put(region: Region, placed: Region[], start: number): number {
  const size = roundUp(region.bytes);
  let address = start;
  // In this order the first gap that is wide enough is the lowest.
  for (const other of placed) {
    if (other.last < region.first || region.last < other.first) continue;
    if (address + size <= other.address) break;
    address = Math.max(address, other.address + roundUp(other.bytes));
  }
  region.address = address;
  const behind = placed.findIndex((other) => other.address > address);
  placed.splice(behind < 0 ? placed.length : behind, 0, region);
  return address + size;
}
