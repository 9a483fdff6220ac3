/** Runs plans on the engine in memory where every byte that is not theirs is watched. */

import type { Region } from '../../../web/src/client/engine/arena.js';
import {
  type BinaryName,
  type Kernels,
  startKernels,
} from '../../../web/src/client/engine/binary.js';
import {
  addressOf,
  type Place,
  type Plan,
  Program,
  ProgramWriter,
} from '../../../web/src/client/engine/program.js';

export const BINARIES: readonly BinaryName[] = ['plain', 'relaxed'];

/** Four of them are not a number: in every place that nobody wrote to. */
export const GARBAGE = 0xff;

/** Bytes behind the last region that are watched, too. */
const BEHIND = 4096;

/** More than most tests need: compiling takes longer than running one. */
const USUAL_BYTES = 1 << 23;

const running = new Map<BinaryName, Kernels>();

async function started(binary: BinaryName, bytes: number): Promise<Kernels> {
  const present = running.get(binary);
  if (present && present.memory.buffer.byteLength >= bytes) return present;
  const kernels = await startKernels(Math.max(bytes, USUAL_BYTES), binary);
  running.set(binary, kernels);
  return kernels;
}

/** A plan that was loaded, and may answer as often as a test likes. */
export class Watched {
  readonly #memory: Buffer;
  readonly #untouched: Buffer;
  readonly #program: Program;
  readonly #kept: Buffer;
  readonly #gaps: Gap[];

  private constructor(memory: Buffer, plan: Plan, program: Program) {
    const bytes = memory.length;
    this.#memory = memory;
    this.#untouched = Buffer.alloc(bytes, GARBAGE);
    this.#program = program;
    const raw = plan.constants.filter(({ isRaw }) => isRaw).map(({ region }) => region);
    const kept = plan.regions.filter(({ address }) => address < plan.keptBytes);
    this.#check(gapsBetween([...kept, ...raw], bytes), 'while it was loaded');
    // What the loading left is not there for the answers.
    this.#memory.fill(GARBAGE, plan.keptBytes);
    this.#kept = Buffer.from(this.#memory.subarray(0, plan.keptBytes));
    this.#gaps = gapsBetween(plan.regions, bytes);
  }

  /** @throws where the loading wrote outside of what is the plan's. */
  static async start(binary: BinaryName, plan: Plan): Promise<Watched> {
    const kernels = await started(binary, plan.bytes + BEHIND);
    const memory = Buffer.from(kernels.memory.buffer, 0, plan.bytes + BEHIND).fill(GARBAGE);
    return new Watched(memory, plan, await Program.start(plan, kernels));
  }

  bytes(place: Place, count: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, addressOf(place), count);
  }

  floats(place: Place, count: number): Float32Array {
    return new Float32Array(this.#memory.buffer, addressOf(place), count);
  }

  /** @throws where it wrote to constants, or outside of all regions. */
  run(): void {
    this.#program.run();
    if (!this.#kept.equals(this.#memory.subarray(0, this.#kept.length))) {
      throw new Error('wrote to constants');
    }
    this.#check(this.#gaps, '');
  }

  #check(gaps: readonly Gap[], when: string): void {
    for (const [start, end] of gaps) {
      // Buffers compare without a call for each byte.
      if (this.#memory.subarray(start, end).equals(this.#untouched.subarray(start, end))) continue;
      throw new Error(`wrote outside of all regions ${when}, between ${start} and ${end}`);
    }
  }
}

type Gap = readonly [start: number, end: number];

function gapsBetween(regions: readonly Region[], bytes: number): Gap[] {
  const gaps: Gap[] = [];
  let end = 0;
  for (const region of [...regions].sort((a, b) => a.address - b.address)) {
    if (region.address > end) gaps.push([end, region.address]);
    end = Math.max(end, region.address + region.bytes);
  }
  return [...gaps, [end, bytes]];
}

/** Runs a program on inputs and returns its output. */
export async function answer(
  binary: BinaryName,
  inputs: readonly ArrayLike<number>[],
  write: (writer: ProgramWriter, inputs: readonly Place[]) => { place: Place; count: number },
): Promise<Float32Array> {
  const writer = new ProgramWriter();
  const places = inputs.map((values) => writer.bytes(values.length * 4));
  for (const place of places) writer.use(place);
  const { place, count } = write(writer, places);
  writer.use(place);
  const watched = await Watched.start(binary, writer.finish());
  for (const [index, values] of inputs.entries()) {
    watched.floats(places[index], values.length).set(Array.from(values));
  }
  watched.run();
  return watched.floats(place, count).slice();
}

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
