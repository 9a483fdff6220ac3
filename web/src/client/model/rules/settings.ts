/** What rules ask of a layer's inputs and settings; what is not so refuses the document. */

import { dimensions, type Field } from '../../bundle/fields.js';
import { MAX_LAYER_VALUES } from '../../constants.generated.js';
import type { LayerEntry } from '../topology.js';
import { MAX_RANK, type Shape } from './layer-plan.js';

/** A setting of a layer, which may be missing. */
export const setting = (layer: LayerEntry, key: string) => layer.entry.get('config').get(key);

/** The shape of the only input. */
export function onlyInput(layer: LayerEntry, inputs: readonly Shape[]): Shape {
  return inputs.length === 1 ? inputs[0] : failInputs(layer, 'one layer');
}

/** The shape of the first input. */
export function firstInput(layer: LayerEntry, inputs: readonly Shape[]): Shape {
  return inputs[0] ?? failInputs(layer, 'at least one layer');
}

/** Refuses the inputs, in words: one layer, two layers. */
export function failInputs({ entry, inputs }: LayerEntry, expected: string): never {
  const taken = inputs.length === 1 ? '1 layer' : `${inputs.length} layers`;
  return entry.refuse(`${entry.place} takes ${taken}. Expected ${expected}.`);
}

/** The shape of the only input, with height, width and channels in this order. */
export function onlyPicture(layer: LayerEntry, inputs: readonly Shape[]): Shape {
  const shape = onlyInput(layer, inputs);
  if (shape.length !== 3) {
    layer.entry.refuse(
      `${layer.entry.place} takes ${dimensions(shape)} values. Expected height x width x channels.`,
    );
  }
  channelsLast(layer);
  return shape;
}

/** A side of a tensor. */
export function readSide(field: Field): number {
  return field.integer(1, MAX_LAYER_VALUES);
}

/** Two whole numbers, rows and columns. */
export function readPair(field: Field, minimum = 1): number[] {
  const numbers = field.list((number) => number.integer(minimum, MAX_LAYER_VALUES));
  return numbers.length === 2 ? numbers : field.fail('two whole numbers');
}

/** What lies above, below, left and right, as two pairs. */
export function readFrame(field: Field): number[][] {
  const pairs = field.list((each) => readPair(each, 0));
  return pairs.length === 2 ? pairs : field.fail('two pairs of whole numbers');
}

/** A switch that is on unless the document says otherwise. */
export function readFlag(field: Field): boolean {
  return field.optional((value) => value.boolean()) ?? true;
}

/** Checks that a setting has a value, where it is there at all. */
export function nothingBut(field: Field, value: string | boolean): void {
  if (field.value !== null && field.value !== undefined && field.value !== value) {
    field.fail(String(value));
  }
}

/** Checks that channels come last. */
export function channelsLast(layer: LayerEntry): void {
  nothingBut(setting(layer, 'data_format'), 'channels_last');
}

/** The padding of a window. */
export function readPadding(layer: LayerEntry): 'same' | 'valid' {
  return setting(layer, 'padding').oneOf('same', 'valid');
}

/** Checks that a window has no gaps. */
export function onlyOnes(layer: LayerEntry): void {
  const dilations = setting(layer, 'dilation_rate');
  if (dilations.optional((field) => readPair(field))?.some((rate) => rate !== 1)) {
    dilations.fail('[1, 1]');
  }
}

/** The shape of the bias, where there is one. */
export function biasOf(layer: LayerEntry, length: number): Record<string, Shape> {
  return readFlag(setting(layer, 'use_bias')) ? { bias: [length] } : {};
}

/** Checks that the axis is the last one, which all backends compute. */
export function lastAxis(layer: LayerEntry, shape: Shape): void {
  const field = setting(layer, 'axis');
  const inner = Array.isArray(field.value) ? (field.items()[0] ?? field) : field;
  const axis = inner.optional((value) => value.integer(-1, MAX_RANK));
  if (axis !== null && axis !== -1 && axis !== shape.length) field.fail(`-1 or ${shape.length}`);
}
