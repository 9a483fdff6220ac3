/**
 * Whether a model can be run, and at what cost, decided before anything is reserved: the twin of
 * `plan.py`.
 */

import { dimensions, Field, product } from '../bundle/fields.js';
import {
  ACTIVATION_NAMES,
  type ActivationName,
  MAX_LAYER_VALUES,
  MAX_LIVE_VALUES,
  MAX_WORK,
  WORK_OF_A_VALUE,
} from '../constants.generated.js';
import { KerasportError, quote } from '../errors.js';
import { LAYER_RULES, type LayerPlan, type Shape } from './layer-rules.js';
import type { GraphLayer, LayerEntry, Topology } from './topology.js';

/** What running a model comes to. */
export interface ModelPlan {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Of every layer's output, by its name. */
  readonly shapes: ReadonlyMap<string, Shape>;
}

/**
 * Checks every layer, its weights and what they cost together.
 *
 * @param weights - shapes by `layer/weight`, as the manifest has them.
 * @param document - how messages call the file.
 * @throws KerasportError `bundle-damaged`.
 */
export function planModel(
  { layers, output }: Topology,
  weights: ReadonlyMap<string, Shape>,
  document: string,
): ModelPlan {
  const root = new Field(document, '', null);
  const shapes = new Map<string, Shape>();
  const left = new Map(weights);
  const shapeOf = (name: string) => shapes.get(name) as Shape;
  const ends = new Map(layers.flatMap(({ name, inputs }) => inputs.map((from) => [from, name])));
  let live = 0;
  let work = 0;
  for (const layer of layers) {
    const { entry, inputs, name } = layer;
    const plan = planLayer(layer, inputs.map(shapeOf));
    for (const [variable, expected] of Object.entries(plan.weights ?? {})) {
      checkWeight(root, `${name}/${variable}`, left, expected);
    }
    const padded = plan.padded ?? [];
    for (const shape of [plan.shape, padded]) {
      if (product(shape) > MAX_LAYER_VALUES) {
        entry.refuse(
          `${entry.place} gives ${dimensions(shape)} values for one picture. Expected at most ` +
            `${MAX_LAYER_VALUES}.`,
        );
      }
    }
    const values = product(plan.shape);
    work += (plan.multiplyAdds ?? 0) + values * WORK_OF_A_VALUE;
    if (work > MAX_WORK) {
      entry.refuse(
        `the layers up to ${entry.place} take more than ${MAX_WORK} multiply-adds for one ` +
          'picture. Expected fewer.',
      );
    }
    shapes.set(name, plan.shape);
    live += values;
    if (live + (padded.length ? product(padded) : 0) > MAX_LIVE_VALUES) {
      entry.refuse(
        `more than ${MAX_LIVE_VALUES} values are held for one picture at ${entry.place}. ` +
          'Expected fewer.',
      );
    }
    for (const source of new Set(inputs)) {
      if (ends.get(source) === name && source !== output) live -= product(shapeOf(source));
    }
  }
  for (const name of left.keys()) {
    root.refuse(`the weight ${quote(name)} belongs to no layer. Expected none.`);
  }
  return { inputShape: shapeOf(layers[0].name), outputShape: shapeOf(output), shapes };
}

function planLayer(layer: LayerEntry, inputs: readonly Shape[]): LayerPlan {
  const { className } = layer;
  if (!isLayerName(className)) throw unknown(layer, 'class', className);
  const plan = LAYER_RULES[className](layer, inputs);
  const activation = layer.entry.get('config').get('activation');
  if (activation.value === null || activation.value === undefined) {
    if (className === 'Activation') activation.fail('the name of an activation');
  } else if (!plan.activates) activation.fail('none in this layer');
  else if (!ACTIVATION_NAMES.includes(activation.text() as ActivationName)) {
    throw unknown(layer, 'activation', activation.value);
  }
  return plan;
}

function isLayerName(name: string): name is keyof typeof LAYER_RULES {
  return Object.hasOwn(LAYER_RULES, name);
}

/** The error about what another version of the library may know. */
export function unknown({ name }: GraphLayer, what: string, value: unknown): KerasportError {
  return new KerasportError(
    'bundle-damaged',
    `This library does not know the ${what} ${quote(value)} of the layer ${quote(name)}. Use the ` +
      'web files of the kerasport version that exported the model.',
  );
}

function checkWeight(root: Field, name: string, left: Map<string, Shape>, expected: Shape): void {
  const found = left.get(name);
  left.delete(name);
  if (!found) {
    root.refuse(`the weight ${quote(name)} is missing. Expected ${dimensions(expected)} values.`);
  }
  if (found.length !== expected.length || found.some((side, axis) => side !== expected[axis])) {
    root.refuse(
      `the weight ${quote(name)} has ${dimensions(found)} values. Expected ` +
        `${dimensions(expected)}, by the settings and the input of its layer.`,
    );
  }
}
