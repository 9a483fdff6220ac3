/** Runs layers on the engine as `layer-rules.ts` lets them be, in memory where all else is watched. */

import { Field } from '../../../web/src/client/bundle/fields.js';
import type { ActivationName } from '../../../web/src/client/constants.generated.js';
import {
  type BinaryName,
  type Kernels,
  startKernels,
} from '../../../web/src/client/engine/binary.js';
import { LAYER_WRITERS } from '../../../web/src/client/engine/layers/table.js';
import { type Place, Program } from '../../../web/src/client/engine/program.js';
import { LAYER_RULES } from '../../../web/src/client/model/layer-rules.js';
import { numbers, size, WatchedWriter } from './watched.js';

export type { BinaryName };

/** Values in the order of their indices, the last one fastest. */
export interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a test says of a layer. */
export interface Case {
  readonly layer: keyof typeof LAYER_WRITERS;
  readonly inputs: readonly Values[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly weights?: Readonly<Record<string, Values>>;
  readonly activation?: ActivationName;
}

/** Bytes of not-a-number, in every place that nobody wrote to. */
const GARBAGE = 0xff;

/** More than a test's layer needs: compiling takes longer than running one. */
const MEMORY_BYTES = 1 << 22;

const running = new Map<BinaryName, Promise<Kernels>>();

function started(binary: BinaryName): Promise<Kernels> {
  const kernels = running.get(binary) ?? startKernels(MEMORY_BYTES, binary);
  running.set(binary, kernels);
  return kernels;
}

/**
 * The layer's answer, twice the same: with the inputs read once more behind it, and with their memory
 * free as soon as the layer has read them.
 *
 * @throws where anything but the layer's own memory was written, or where the layer's shape is not
 *   the one that the rules say.
 */
export async function answerOf(binary: BinaryName, layer: Case): Promise<Values> {
  const [answer, other] = [await run(binary, layer, true), await run(binary, layer, false)];
  if (answer.values.some((value, index) => !Object.is(value, other.values[index]))) {
    throw new Error('another answer in other memory');
  }
  return answer;
}

async function run(binary: BinaryName, layer: Case, keepsInputs: boolean): Promise<Values> {
  const { config = {}, inputs, weights = {}, activation = 'linear' } = layer;
  const entry = {
    name: 'layer',
    className: layer.layer,
    config,
    inputs: inputs.map((_, index) => `input${index}`),
    entry: new Field('model.json', 'layers[1]', { config }),
  };
  const { shape } = LAYER_RULES[layer.layer](
    entry,
    inputs.map((input) => input.shape),
  );
  const writer = new WatchedWriter();
  const tensors = inputs.map((input) => writer.tensor(input.shape));
  for (const { place } of tensors) writer.use(place);
  const output = LAYER_WRITERS[layer.layer]({
    ...{ writer, config, inputs: tensors, weights, activation, shape },
  });
  if (output.shape.join() !== shape.join()) throw new Error(`the shape is ${output.shape}`);
  writer.use(output.place);
  if (keepsInputs) for (const { place } of tensors) writer.use(place);
  const plan = writer.finish();
  const kernels = await started(binary);
  // With some more, to see what is written behind the last region.
  const memory = new Uint8Array(kernels.memory.buffer, 0, plan.bytes + 4096);
  memory.fill(GARBAGE);
  const program = await Program.start(plan, kernels);
  const kept = memory.slice(0, plan.keptBytes);
  const floats = (place: Place, length: number) =>
    new Float32Array(memory.buffer, place.region.address + place.offset, length);
  for (const [index, { values }] of inputs.entries()) {
    floats(tensors[index].place, values.length).set(values);
  }
  program.run();
  const answer = floats(output.place, size(shape)).slice();
  if (!Buffer.from(kept).equals(memory.subarray(0, kept.length))) {
    throw new Error('wrote to constants');
  }
  for (const [index, { values }] of inputs.entries()) {
    const now = floats(tensors[index].place, values.length);
    if (keepsInputs && now.some((value, at) => !Object.is(value, values[at]))) {
      throw new Error('wrote to an input');
    }
  }
  for (const { region } of writer.places) {
    memory.fill(GARBAGE, region.address, region.address + region.bytes);
  }
  // Buffers compare without a call for each byte.
  const untouched = Buffer.alloc(memory.length, GARBAGE);
  if (!untouched.equals(memory)) throw new Error('wrote outside of all regions');
  return { shape, values: answer };
}

/** Numbers that look random, the same for the same seed, from -2 to 2. */
export function random(shape: readonly number[], seed: number): Values {
  return { shape, values: numbers(size(shape), seed + 1).map((value) => value * 2) };
}

/** The largest of the distances between values and exact ones, in multiples of a tolerance for each. */
export function furthest(
  { values }: Values,
  exact: readonly number[],
  tolerance: (index: number) => number,
): number {
  let largest = 0;
  for (const [index, value] of values.entries()) {
    const distance = Math.abs(value - exact[index]);
    const times = distance === 0 ? 0 : distance / tolerance(index);
    largest = Number.isNaN(times) ? Number.POSITIVE_INFINITY : Math.max(largest, times);
  }
  return largest;
}

/** The value at some indices; a side of 1 has the same one everywhere. */
export function at({ shape, values }: Values, indices: readonly number[]): number {
  let place = 0;
  for (const [axis, side] of shape.entries())
    place = place * side + (side === 1 ? 0 : indices[axis]);
  return values[place];
}

/** Calls back with the indices of each value of a shape, in the order of their values. */
export function everywhere<T>(shape: readonly number[], of: (indices: number[]) => T): T[] {
  return Array.from({ length: size(shape) }, (_, index) => {
    let rest = index;
    const indices = shape.map((_side, axis) => {
      const behind = size(shape.slice(axis + 1));
      const place = Math.floor(rest / behind);
      rest %= behind;
      return place;
    });
    return of(indices);
  });
}
