/** Runs layers on the engine's kernels in memory full of what must not be read. */

import { type BinaryName, startKernels } from '../../../web/src/client/engine/binary.js';
import type { LayerJob, Weight } from '../../../web/src/client/engine/layers.js';
import {
  type Later,
  type Place,
  Program,
  ProgramWriter,
  type Tensor,
} from '../../../web/src/client/engine/program.js';
import { size } from './watched.js';

/** Not a number, in every place that nobody wrote to. */
const GARBAGE = 0xff;

/** Bytes behind a region that nothing may be written to. */
const GAP = 48;

export interface Given {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a test says of a layer; the rest is filled in. */
export type Case = Partial<Pick<LayerJob, 'config' | 'activation' | 'weights'>> & {
  readonly inputs: readonly Given[];
  readonly shape: readonly number[];
  readonly binary: BinaryName;
};

/** The values of the tensor that `write` returns, as one picture's answer. */
export async function runLayer(
  { binary, config = {}, activation = 'linear', weights = {}, inputs, shape }: Case,
  write: (job: LayerJob, given: readonly Tensor[]) => Tensor,
): Promise<Float32Array> {
  const writer = new ProgramWriter();
  const given = inputs.map((input) => writer.tensor(input.shape));
  for (const { place } of given) writer.use(place);
  const output = write({ writer, config, activation, weights, inputs: given, shape }, given);
  // Until the end, so that nothing else lies behind the output.
  for (const { place } of [...given, output]) writer.use(place);
  const plan = writer.finish();
  const kernels = await startKernels(plan.bytes, binary);
  const memory = new Uint8Array(kernels.memory.buffer);
  memory.fill(GARBAGE);
  const program = await Program.start(plan, kernels);
  const end = addressOf(output.place) + 4 * size(output.shape);
  const run = () => {
    // What the loading left, and the answer before.
    memory.fill(GARBAGE, plan.keptBytes);
    for (const [index, { place }] of given.entries()) {
      new Float32Array(memory.buffer, addressOf(place)).set(inputs[index].values);
    }
    program.run();
    for (const [index, tensor] of given.entries()) {
      if (!isEqual(valuesOf(memory, tensor), inputs[index].values)) {
        throw new Error('written to an input');
      }
    }
    return valuesOf(memory, output);
  };
  const [first, second] = [run(), run()];
  if (!isEqual(first, second)) {
    throw new Error('another answer the second time');
  }
  if (memory.subarray(end, end + GAP).some((byte) => byte !== GARBAGE)) {
    throw new Error('written behind the output');
  }
  if (plan.constants.some((each) => !each.isRaw && !isKept(memory, each))) {
    throw new Error('written to a constant');
  }
  return first;
}

export function given(shape: readonly number[], values: ArrayLike<number>): Given & Weight {
  return { shape, values: Float32Array.from(values) };
}

function addressOf({ region, offset }: Place): number {
  return region.address + offset;
}

function valuesOf(memory: Uint8Array, { place, shape }: Tensor): Float32Array {
  return new Float32Array(memory.buffer, addressOf(place), size(shape)).slice();
}

function isKept(
  memory: Uint8Array,
  { region, values }: { region: Place['region']; values: ArrayLike<number> | Later },
) {
  const now = new Float32Array(memory.buffer, region.address, values.length);
  return isEqual(now, Float32Array.from('read' in values ? values.read() : values));
}

/** To the bit, but for the bits of what is not a number. */
function isEqual(one: Float32Array, other: Float32Array): boolean {
  return one.every((value, index) => Object.is(value, other[index]));
}
