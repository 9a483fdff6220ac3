/** Reads the graph of layers out of a `model.json`, trusting nothing in it. */

import type { Field } from '../bundle/fields.js';
import { MAX_LAYERS } from '../constants.generated.js';

/** Configuration of a layer, as it stands in `model.json`. */
export type Config = Readonly<Record<string, unknown>>;

/** One layer. */
export interface GraphLayer {
  readonly name: string;
  readonly className: string;
  readonly config: Config;
  /** Names of the layers whose outputs it takes. */
  readonly inputs: readonly string[];
}

/** One layer of the file. */
export interface LayerEntry extends GraphLayer {
  /** What the document says of it. */
  readonly entry: Field;
}

/** The layers in the order of computation: values that can be handed to a worker. */
export interface Graph {
  readonly layers: readonly GraphLayer[];
  /** Shape of the input without the batch. */
  readonly inputShape: readonly number[];
  /** Layer whose output is the answer. */
  readonly output: string;
}

/** A graph as it stands in a file. */
export interface Topology extends Graph {
  readonly layers: readonly LayerEntry[];
}

/** What a file says, without the file. */
export function graphOf({ layers, inputShape, output }: Topology): Graph {
  return { layers: layers.map(({ entry: _, ...layer }) => layer), inputShape, output };
}

/**
 * The graph in `modelTopology`: a functional model with one input and one output, or a stack. Names,
 * order and connections are checked here as in `topology.py`; `plan.ts` checks what the layers are.
 */
export function readTopology(root: Field): Topology {
  const model = root.get('model_config');
  const kind = model.get('class_name').oneOf('Functional', 'Model', 'Sequential');
  const isStack = kind === 'Sequential';
  const config = model.get('config');
  const entries = config.get('layers').items();
  if (entries.length < 1 || entries.length > MAX_LAYERS) {
    const { place } = config.get('layers');
    config.refuse(
      `${place} has ${entries.length} layers. Expected at least one layer, and at most ` +
        `${MAX_LAYERS}.`,
    );
  }
  const layers = new Map<string, LayerEntry>();
  let previous: string | undefined;
  for (const entry of entries) {
    const settings = entry.get('config');
    const name = settings.get('name').text();
    if (layers.has(name)) settings.get('name').fail('a name that no other layer has');
    const outer = entry.get('name');
    if (outer.value !== undefined && outer.value !== name) {
      outer.fail("the name in the layer's config");
    }
    const inputs = isStack ? (previous === undefined ? [] : [previous]) : readInputs(entry);
    if (inputs.some((source) => !layers.has(source))) {
      entry.get('inbound_nodes').fail('names of layers before this one');
    }
    const className = entry.get('class_name').text();
    if ((className === 'InputLayer') !== (layers.size === 0)) {
      entry.get('class_name').fail('one InputLayer, before all other layers');
    }
    layers.set(name, { name, className, config: settings.value as Config, inputs, entry });
    previous = name;
  }
  const output = isStack ? (previous as string) : readOutput(config);
  if (!layers.has(output)) config.get('output_layers').fail('the name of a layer');
  const shape = entries[0].get('config').get('batch_input_shape');
  const inputShape = shape.list((side) => side.value).slice(1) as number[];
  return { layers: [...layers.values()], inputShape, output };
}

function readInputs(entry: Field): string[] {
  const nodes = entry.get('inbound_nodes').list((node) => node.list(nameOf));
  if (nodes.length > 1) entry.get('inbound_nodes').fail('one call of each layer');
  return nodes[0] ?? [];
}

function readOutput(config: Field): string {
  const names = config.get('output_layers').list(nameOf);
  return names.length === 1 ? names[0] : config.get('output_layers').fail('one output');
}

/** Of `[name, 0, 0, {}]` the name: the only output of the only call of a layer. */
function nameOf(field: Field): string {
  const [first, ...rest] = field.items();
  const name = first?.text() ?? field.fail('a list that begins with a name');
  for (const part of rest.slice(0, 2)) if (part.value !== 0) part.fail('0');
  if (rest[2] && !isEmptyObject(rest[2].value)) rest[2].fail('{}');
  return rest.length > 3 ? field.fail('[name, 0, 0, {}]') : name;
}

function isEmptyObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.keys(value).length === 0;
}

/** The parts of a model that class activation maps are made of. */
export interface Head {
  /** Layer whose output is averaged over all places. */
  readonly features: string;
  /** Dense layer that weighs the averages. */
  readonly dense: string;
}

/**
 * The head of a model that ends in feature maps, their averages over all places, one dense layer and
 * a softmax, or the sigmoids of several labels; undefined where it ends otherwise.
 */
export function findHead({ layers, output }: Graph, ofLabels = false): Head | undefined {
  const last = ofLabels ? 'sigmoid' : 'softmax';
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const before = ({ inputs }: GraphLayer) => byName.get(inputs[0]);
  let layer = byName.get(output);
  if (layer && isAlone(layer, last)) layer = before(layer);
  else if (layer?.config.activation !== last) return undefined;
  if (layer?.className !== 'Dense') return undefined;
  const activation = layer.config.activation ?? 'linear';
  if (activation !== last && activation !== 'linear') return undefined;
  const dense = layer.name;
  layer = before(layer);
  // Both only write the averages in another shape.
  while (layer && (layer.className === 'Flatten' || layer.className === 'Reshape')) {
    layer = before(layer);
  }
  if (layer?.className !== 'GlobalAveragePooling2D') return undefined;
  return { features: layer.inputs[0], dense };
}

/** Number of values in an answer, where a dense layer gives it; undefined elsewhere. */
export function outputsOf({ layers, output }: Graph): number | undefined {
  let layer = layers.find(({ name }) => name === output);
  while (layer && (layer.className === 'Activation' || layer.className === 'Softmax')) {
    const [source] = layer.inputs;
    layer = layers.find(({ name }) => name === source);
  }
  return layer?.className === 'Dense' ? (layer.config.units as number) : undefined;
}

/** Whether a layer is an activation and nothing else. */
function isAlone({ className, config }: GraphLayer, activation: string): boolean {
  if (className === 'Softmax') return activation === 'softmax';
  return className === 'Activation' && config.activation === activation;
}
