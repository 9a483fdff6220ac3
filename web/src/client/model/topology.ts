/** Reads the graph of layers out of a `model.json`, trusting nothing in it. */

import type { Field } from '../bundle/fields.js';
import type { Config } from './layers.js';

/** One layer of the file. */
export interface LayerEntry {
  readonly name: string;
  readonly className: string;
  readonly config: Config;
  /** Names of the layers whose outputs it takes. */
  readonly inputs: readonly string[];
}

/** The layers in the order of computation. */
export interface Topology {
  readonly layers: readonly LayerEntry[];
  /** Shape of the input without the batch. */
  readonly inputShape: readonly number[];
  /** Layer whose output is the answer. */
  readonly output: string;
}

/** The graph in `modelTopology`: a functional model with one input and one output, or a stack. */
export function readTopology(root: Field): Topology {
  const model = root.get('model_config');
  const isStack = model.get('class_name').value === 'Sequential';
  const config = model.get('config');
  const layers: LayerEntry[] = [];
  config.get('layers').list((entry) => {
    const settings = entry.get('config');
    const name = settings.get('name').text();
    const previous = layers.at(-1);
    const inputs = isStack ? (previous ? [previous.name] : []) : readInputs(entry);
    for (const source of inputs) {
      if (!layers.some((layer) => layer.name === source)) {
        entry.get('inbound_nodes').fail('names of layers before this one');
      }
    }
    const className = entry.get('class_name').text();
    if ((className === 'InputLayer') !== (layers.length === 0)) {
      entry.get('class_name').fail('one InputLayer, before all other layers');
    }
    layers.push({ name, className, config: settings.value as Config, inputs });
  });
  const [first] = config
    .get('layers')
    .list((entry) => entry.get('config').get('batch_input_shape'));
  if (!first) config.get('layers').fail('at least one layer');
  const inputShape = first.list((side) => side.value).slice(1) as number[];
  const output = isStack ? layers[layers.length - 1].name : readOutput(config);
  if (!layers.some(({ name }) => name === output)) {
    config.get('output_layers').fail('the name of a layer');
  }
  return { layers, inputShape, output };
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

/** Of `[name, node, tensor, …]` the name. */
function nameOf(field: Field): string {
  return field.list((part) => part)[0]?.text() ?? field.fail('a list that begins with a name');
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
 * a softmax; undefined where it ends otherwise.
 */
export function findHead({ layers, output }: Topology): Head | undefined {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const before = ({ inputs }: LayerEntry) => byName.get(inputs[0]);
  let layer = byName.get(output);
  if (layer && isSoftmaxAlone(layer)) layer = before(layer);
  else if (layer?.config.activation !== 'softmax') return undefined;
  if (layer?.className !== 'Dense') return undefined;
  const activation = layer.config.activation;
  if (activation !== 'softmax' && activation !== 'linear') return undefined;
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
export function outputsOf({ layers, output }: Topology): number | undefined {
  let layer = layers.find(({ name }) => name === output);
  while (layer && (layer.className === 'Activation' || layer.className === 'Softmax')) {
    const [source] = layer.inputs;
    layer = layers.find(({ name }) => name === source);
  }
  return layer?.className === 'Dense' ? (layer.config.units as number) : undefined;
}

function isSoftmaxAlone({ className, config }: LayerEntry): boolean {
  return className === 'Softmax' || (className === 'Activation' && config.activation === 'softmax');
}
