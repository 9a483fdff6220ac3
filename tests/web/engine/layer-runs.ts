/** Runs layers on the engine, as `layer-rules.ts` lets them be or as a test writes them down. */

import { Field } from '../../../web/src/client/bundle/fields.js';
import type { ActivationName } from '../../../web/src/client/constants.generated.js';
import type { BinaryName } from '../../../web/src/client/engine/binary.js';
import { LAYER_WRITERS } from '../../../web/src/client/engine/layers/table.js';
import type { LayerJob } from '../../../web/src/client/engine/layers.js';
import { ProgramWriter, type Tensor } from '../../../web/src/client/engine/program.js';
import { LAYER_RULES } from '../../../web/src/client/model/layer-rules.js';
import { numbers, size, Watched } from './watched.js';

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

/** What a test says of a job that it writes down itself; the rest is filled in. */
export type JobCase = Partial<Pick<LayerJob, 'config' | 'activation' | 'weights'>> & {
  readonly inputs: readonly Values[];
  readonly shape: readonly number[];
  readonly binary: BinaryName;
};

/**
 * The layer's answer, twice the same: with the inputs read once more behind it, and with their memory
 * free as soon as the layer has read them.
 *
 * @throws where anything but the layer's own memory was written, or where the layer's shape is not
 *   the one that the rules say.
 */
export async function answerOf(binary: BinaryName, layer: Case): Promise<Values> {
  const { config = {}, inputs } = layer;
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
  const write = (job: LayerJob) => {
    const output = LAYER_WRITERS[layer.layer](job);
    if (output.shape.join() !== shape.join()) throw new Error(`the shape is ${output.shape}`);
    return output;
  };
  const run = (keepsInputs: boolean) => runJob({ ...layer, binary, shape }, write, keepsInputs);
  const [values, other] = [await run(true), await run(false)];
  if (!isEqual(values, other)) throw new Error('another answer in other memory');
  return { shape, values };
}

/** The values of the tensor that `write` returns, as one picture's answer: twice the same. */
export function runLayer(
  job: JobCase,
  write: (job: LayerJob, given: readonly Tensor[]) => Tensor,
): Promise<Float32Array> {
  return runJob(job, write, true);
}

async function runJob(
  { binary, config = {}, activation = 'linear', weights = {}, inputs, shape }: JobCase,
  write: (job: LayerJob, given: readonly Tensor[]) => Tensor,
  keepsInputs: boolean,
): Promise<Float32Array> {
  const writer = new ProgramWriter();
  const given = inputs.map((input) => writer.tensor(input.shape));
  for (const { place } of given) writer.use(place);
  const output = write({ writer, config, activation, weights, inputs: given, shape }, given);
  writer.use(output.place);
  if (keepsInputs) for (const { place } of given) writer.use(place);
  const watched = await Watched.start(binary, writer.finish());
  const places = given.map(({ place }, index) =>
    watched.floats(place, inputs[index].values.length),
  );
  const run = () => {
    for (const [index, place] of places.entries()) place.set(inputs[index].values);
    watched.run();
    const isKept = places.every((place, index) => isEqual(place, inputs[index].values));
    if (keepsInputs && !isKept) throw new Error('wrote to an input');
    return watched.floats(output.place, size(output.shape)).slice();
  };
  const [first, second] = [run(), run()];
  if (!isEqual(first, second)) throw new Error('another answer the second time');
  return first;
}

/** To the bit, but for the bits of what is not a number. */
function isEqual(one: Float32Array, other: Float32Array): boolean {
  return one.every((value, index) => Object.is(value, other[index]));
}

export function given(shape: readonly number[], values: ArrayLike<number>): Values {
  return { shape, values: Float32Array.from(values) };
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
