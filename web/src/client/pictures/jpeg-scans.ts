/**
 * JPEG: whether the scans make up the whole picture (ITU-T T.81, B.2.3 and annex G). Decoders
 * smooth over what scans are missing, each in its own way, and find their way back behind wrong
 * restart markers or do not.
 */

import { MAX_SCAN_PIXELS, MAX_SCANS } from '../constants.generated.js';
import { damaged, Problem } from './problem.js';

/** How often a component is sampled, across and down, in one unit of interleaved scans. */
export interface Component {
  readonly across: number;
  readonly down: number;
}

/** The frame header; `components` are by their identifiers. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: ReadonlyMap<number, Component>;
  readonly isProgressive: boolean;
}

const COEFFICIENTS = 64;
// Largest shift of a coefficient, and what stands for one that no scan has brought.
const MAX_SHIFT = 13;
const MISSING = -1;
const BASELINE = [0, COEFFICIENTS - 1, 0] as const;

/** Follows which bits of which coefficients the scans bring. */
export class Scans {
  #count = 0;
  /** Of each coefficient, how many of its lowest bits are still to come. */
  readonly #shifts: ReadonlyMap<number, Int8Array>;

  constructor(readonly frame: Frame) {
    const shifts = () => new Int8Array(COEFFICIENTS).fill(MISSING);
    this.#shifts = new Map([...frame.components.keys()].map((name) => [name, shifts()]));
  }

  /**
   * The scan's header as decoders are to get it.
   *
   * @param header - the body of its segment.
   * @param data - what follows the header, up to the next marker that is no restart.
   * @param interval - units between restart markers, 0 for none.
   * @throws {@link Problem} where the scan repeats or contradicts earlier ones, or is one too many.
   */
  add(header: Uint8Array, data: Uint8Array, interval: number): Uint8Array {
    this.#count += 1;
    const { width, height, isProgressive } = this.frame;
    if (this.#count > MAX_SCANS || this.#count * width * height > MAX_SCAN_PIXELS) {
      throw new Problem('it is a JPEG of more scans than are worth their time');
    }
    const count = header[0] ?? 0;
    const names = [...header.subarray(1, 1 + 2 * count)].filter((_, index) => index % 2 === 0);
    if (
      header.length !== 4 + 2 * count ||
      count < 1 ||
      count > 4 ||
      new Set(names).size !== count ||
      !names.every((name) => this.#shifts.has(name))
    ) {
      throw damaged("a scan's header is wrong");
    }
    const wanted = header.slice();
    // These bytes mean nothing here, and some cameras leave them wrong.
    if (!isProgressive) wanted.set(BASELINE, wanted.length - 3);
    const [first, last, shifts] = wanted.subarray(-3);
    this.#refine(names, first, last, shifts);
    checkRestarts(data, this.#units(names), interval);
    return wanted;
  }

  /**
   * Throws unless every bit of every coefficient has come.
   *
   * @throws {@link Problem} where scans are missing.
   */
  checkComplete(): void {
    if ([...this.#shifts.values()].some((shifts) => shifts.some((shift) => shift !== 0))) {
      throw new Problem(
        'it is incomplete, some of its scans are missing',
        'Copy or save it again.',
      );
    }
  }

  #refine(names: readonly number[], first: number, last: number, shifts: number): void {
    const [before, after] = [shifts >> 4, shifts & 15];
    // Progressive scans bring the first coefficients alone, and others of one component.
    const isAlone = this.frame.isProgressive && first === 0;
    if (
      first > last ||
      last >= COEFFICIENTS ||
      (isAlone && last > 0) ||
      (first > 0 && names.length > 1) ||
      after > MAX_SHIFT ||
      (before > 0 && after !== before - 1)
    ) {
      throw damaged("a scan's header is wrong");
    }
    const expected = before || MISSING;
    for (const name of names) {
      const known = this.#shifts.get(name) as Int8Array;
      const part = known.subarray(first, last + 1);
      if ((first > 0 && known[0] === MISSING) || part.some((shift) => shift !== expected)) {
        throw damaged('its scans contradict each other');
      }
      part.fill(after);
    }
  }

  /** How many units a scan has: blocks of one component, or groups of several. */
  #units(names: readonly number[]): number {
    const { width, height, components } = this.frame;
    const all = [...components.values()];
    const across = Math.max(...all.map((part) => part.across));
    const down = Math.max(...all.map((part) => part.down));
    if (names.length > 1) return Math.ceil(width / (8 * across)) * Math.ceil(height / (8 * down));
    const part = components.get(names[0]) as Component;
    const columns = Math.ceil((width * part.across) / across);
    const rows = Math.ceil((height * part.down) / down);
    return Math.ceil(columns / 8) * Math.ceil(rows / 8);
  }
}

/**
 * Throws unless the restart markers are those that belong between the units. One more at the end
 * does no harm.
 */
function checkRestarts(data: Uint8Array, units: number, interval: number): void {
  const expected = interval ? Math.ceil(units / interval) - 1 : 0;
  let found = 0;
  let areInTurn = true;
  let position = data.indexOf(0xff);
  while (position >= 0 && position + 1 < data.length) {
    const next = data[position + 1];
    if (next >= 0xd0 && next <= 0xd7) {
      areInTurn &&= next === 0xd0 + (found % 8);
      found += 1;
    }
    position = data.indexOf(0xff, position + 1);
  }
  if (!areInTurn || found < expected || found > expected + 1) {
    throw damaged('its restart markers are wrong');
  }
}
