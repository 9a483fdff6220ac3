/** Runs what a test writes down on the engine, and watches what it writes to. */

import { type BinaryName, startKernels } from '../../../web/src/client/engine/binary.js';
import { type Place, Program, ProgramWriter } from '../../../web/src/client/engine/program.js';

export const BINARIES: readonly BinaryName[] = ['plain', 'relaxed'];

/** A value that is not a number, and that nobody writes. */
const UNTOUCHED = 0x7fc0dead;

/** Knows all regions. */
export class WatchedWriter extends ProgramWriter {
  readonly places: Place[] = [];

  override constant(values: ArrayLike<number>): Place {
    return this.#seen(super.constant(values));
  }

  override prepared(bytes: number): Place {
    return this.#seen(super.prepared(bytes));
  }

  override raw(values: ArrayLike<number>): Place {
    return this.#seen(super.raw(values));
  }

  override bytes(count: number): Place {
    return this.#seen(super.bytes(count));
  }

  #seen(place: Place): Place {
    this.places.push(place);
    return place;
  }
}

/**
 * Runs a program on inputs and returns its output.
 *
 * @param write - puts the inputs into the program and returns where the output is.
 * @throws where a byte outside of all regions was written.
 */
export async function answer(
  binary: BinaryName,
  inputs: readonly ArrayLike<number>[],
  write: (writer: ProgramWriter, inputs: readonly Place[]) => { place: Place; count: number },
): Promise<Float32Array> {
  const writer = new WatchedWriter();
  const places = inputs.map((values) => writer.bytes(values.length * 4));
  for (const place of places) writer.use(place);
  const output = write(writer, places);
  writer.use(output.place);
  const plan = writer.finish();
  const kernels = await startKernels(plan.bytes, binary);
  const { buffer } = kernels.memory;
  new Uint32Array(buffer).fill(UNTOUCHED);
  const program = await Program.start(plan, kernels);
  // What passes begins with nothing in it, as far as the layer may rely on it.
  new Uint32Array(buffer, plan.keptBytes).fill(UNTOUCHED);
  for (const [index, values] of inputs.entries()) {
    new Float32Array(buffer, at(places[index]), values.length).set(Array.from(values));
  }
  program.run();
  const result = new Float32Array(buffer, at(output.place), output.count).slice();
  const bytes = new Uint8Array(buffer);
  const untouched = new Uint8Array(Uint32Array.of(UNTOUCHED).buffer);
  const owned = new Uint8Array(bytes.length);
  for (const { region } of writer.places) {
    owned.fill(1, region.address, region.address + region.bytes);
  }
  for (let index = 0; index < bytes.length; index++) {
    if (!owned[index] && bytes[index] !== untouched[index % 4]) {
      throw new Error(`byte ${index} outside of all regions was written`);
    }
  }
  return result;
}

const at = ({ region, offset }: Place) => region.address + offset;

/** Numbers from -1 to 1 that look random, the same for the same seed. */
export function numbers(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    // Mulberry32, by Tommy Ettinger.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

export const size = (shape: readonly number[]) =>
  shape.reduce((product, side) => product * side, 1);
