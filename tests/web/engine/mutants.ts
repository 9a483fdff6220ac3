/** Damages models as the exporter writes them: settings, shapes, names, connections. */

import { readFileSync } from 'node:fs';
import { ACTIVATION_NAMES, MAX_LAYER_VALUES } from '../../../web/src/client/constants.generated.js';
import { LAYER_RULES } from '../../../web/src/client/model/layer-rules.js';

/** A number from 0 to below its argument, as if at random. */
export type Draw = (below: number) => number;

// biome-ignore lint/suspicious/noExplicitAny: anything may be in a document, and a mutant has it.
type Json = any;

export interface Mutant {
  readonly name: string;
  /** `modelTopology` of a `model.json`. */
  topology: Json;
  /** Shapes by `layer/weight`, in the order of the file. */
  weights: Record<string, Json>;
  /** Sides of tiles, by layers. */
  tiles: Record<string, 2 | 4>;
}

const FILE = new URL('../../golden/topologies.json', import.meta.url);

const ORIGINALS: Record<string, Omit<Mutant, 'name' | 'tiles'>> = JSON.parse(
  readFileSync(FILE, 'utf8'),
);

/** Draws that look random, the same for the same seed. */
export function drawing(seed: number): Draw {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return (below) => {
    // Mulberry32, by Tommy Ettinger.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One of the models, changed in one to five places. */
export function mutantOf(draw: Draw): Mutant {
  const name = pick(draw, Object.keys(ORIGINALS));
  const mutant: Mutant = { name, ...structuredClone(ORIGINALS[name]), tiles: {} };
  const times = 1 + draw(5);
  for (let time = 0; time < times; time++) {
    try {
      pick(draw, WAYS)(mutant, draw);
    } catch {
      // One change may have broken what the next one looks for.
    }
  }
  return mutant;
}

const layersOf = ({ topology }: Mutant): Json[] => topology.model_config.config.layers;
const nameOf = (layer: Json): string => layer.config.name;

const NUMBERS = [
  ...[-1, 0, 1, 2, 3, 4, 5, 7, 13, 64, 300, 0.5, 1.5, -0.25, 1e-7, 1e300, -1e300],
  ...[MAX_LAYER_VALUES - 1, MAX_LAYER_VALUES, MAX_LAYER_VALUES + 1, 2 ** 31, 2 ** 53, 1e16],
  ...[1000, 2000, 4097, 65536, 1e6, 1e7, 1e8],
];

const OTHERS: readonly Json[] = [
  ...[null, true, false, '', ' ', 'same', 'valid', 'linear', '3', [], {}, [[]], [null]],
  ...['__proto__', 'constructor', 'channels_first', 'bilinear', { toString: 1 }],
];

/** Values that settings may have, and that fit together now and then. */
const SETTINGS: Readonly<Record<string, (draw: Draw) => Json>> = {
  kernel_size: pair(9),
  pool_size: pair(9),
  strides: pair(4),
  dilation_rate: pair(4),
  size: pair(4),
  padding: (draw) => pick<(draw: Draw) => Json>(draw, [() => 'same', () => 'valid', frame])(draw),
  cropping: frame,
  filters: (draw) => 1 + draw(40),
  units: (draw) => 1 + draw(40),
  depth_multiplier: (draw) => 1 + draw(3),
  use_bias: (draw) => draw(2) === 1,
  scale: (draw) => pick(draw, [true, false, 0.5, [0.5], [1, 2, 3]]),
  offset: (draw) => pick(draw, [1, -0.5, [0.25], [3, 2, 1]]),
  center: (draw) => draw(2) === 1,
  epsilon: (draw) => pick(draw, [1e-3, 0, 1]),
  axis: (draw) => draw(6) - 2,
  axes: (draw) => [1 + draw(2), 1 + draw(2)],
  alpha: (draw) => draw(5) / 4,
  theta: (draw) => draw(5) / 4,
  max_value: (draw) => pick(draw, [null, 1, 6, 0]),
  activation: (draw) => pick(draw, ACTIVATION_NAMES),
  dims: (draw) => pick(draw, [[1], [2, 1], [2, 1, 3], [3, 1, 2], [4, 3, 2, 1], [1, 2, 3]]),
  target_shape: (draw) => Array.from({ length: 1 + draw(5) }, () => pick(draw, [-1, 1, 2, 3, 5])),
  interpolation: (draw) => pick(draw, ['nearest', 'bilinear']),
  data_format: () => 'channels_last',
};

const WAYS: readonly ((mutant: Mutant, draw: Draw) => void)[] = [
  // A setting that fits.
  (mutant, draw) => {
    const layer = pick(draw, layersOf(mutant));
    const key = pick(draw, keysOf(draw, layer));
    if (key in SETTINGS) layer.config[key] = SETTINGS[key](draw);
  },
  // Any value in the place of any other.
  (mutant, draw) => {
    const { config } = pick(draw, layersOf(mutant));
    replace(draw, config, () => (draw(3) ? pick(draw, NUMBERS) : pick(draw, OTHERS)));
  },
  // A number that is larger or smaller.
  (mutant, draw) => {
    const { config } = pick(draw, layersOf(mutant));
    replace(draw, config, (value) =>
      typeof value === 'number' ? pick(draw, [value + 1, value - 1, value * 1000, -value]) : value,
    );
  },
  // A setting that is missing.
  (mutant, draw) => {
    const { config } = pick(draw, layersOf(mutant));
    delete config[pick(draw, Object.keys(config))];
  },
  // A layer of another class.
  (mutant, draw) => {
    pick(draw, layersOf(mutant)).class_name = pick(draw, [...Object.keys(LAYER_RULES), 'Lambda']);
  },
  insertion,
  insertion,
  insertion,
  // Other connections.
  (mutant, draw) => {
    const layers = layersOf(mutant);
    const place = draw(layers.length);
    const from = draw(3) ? place : layers.length;
    const sources = Array.from({ length: 1 + draw(3) }, () =>
      from ? pick(draw, layers.slice(0, from)) : layers[0],
    );
    layers[place].inbound_nodes = [sources.map((layer) => [layer.config?.name, 0, 0, {}])];
  },
  // No connections, or such as there are not.
  (mutant, draw) => {
    const strange = [[], [[]], null, [[['nobody', 0, 0, {}]]], [[[0]]], [[[]], [[]]], 'x', [{}]];
    pick(draw, layersOf(mutant)).inbound_nodes = pick<Json>(draw, strange);
  },
  // Layers that are gone, there twice, or elsewhere.
  (mutant, draw) => {
    const layers = layersOf(mutant);
    const [layer] = layers.splice(draw(layers.length), 1);
    const copies = draw(3);
    for (let copy = 0; copy < copies; copy++) {
      layers.splice(draw(layers.length + 1), 0, structuredClone(layer));
    }
  },
  // A layer that answers.
  (mutant, draw) => {
    mutant.topology.model_config.config.output_layers = [
      [nameOf(pick(draw, layersOf(mutant))), 0, 0],
    ];
  },
  // Names that mean something elsewhere.
  (mutant, draw) => {
    const layers = layersOf(mutant);
    const former = nameOf(pick(draw, layers));
    const name = pick(draw, ['__proto__', 'constructor', 'a/b', 'length', '', 'x'.repeat(3000)]);
    const text = JSON.stringify(mutant.topology);
    const renamed = text.replaceAll(JSON.stringify(former), JSON.stringify(name));
    mutant.topology = JSON.parse(renamed);
    for (const key of Object.keys(mutant.weights)) {
      if (!key.startsWith(`${former}/`)) continue;
      Object.defineProperty(mutant.weights, name + key.slice(former.length), {
        ...{ value: mutant.weights[key], enumerable: true, configurable: true, writable: true },
      });
      delete mutant.weights[key];
    }
  },
  // Another input.
  (mutant, draw) => {
    const sides = pick(draw, [
      [1, 1, 1],
      [1, 40, 3],
      [40, 1, 3],
      [7, 5, 1],
      [3, 3, 64],
      [33, 29, 3],
    ]);
    layersOf(mutant)[0].config.batch_input_shape = [null, ...sides];
  },
  // Weights of other shapes and names.
  (mutant, draw) => {
    const key = pick(draw, Object.keys(mutant.weights));
    if (key === undefined) return;
    if (draw(2)) replace(draw, mutant.weights, () => pick(draw, NUMBERS));
    else delete mutant.weights[key];
    if (!draw(3)) mutant.weights[pick(draw, ['kernel', '/', 'x/__proto__', 'a/b/c'])] = [1];
  },
  // Tiles, of layers that may have them and of others.
  (mutant, draw) => {
    for (const layer of layersOf(mutant)) {
      const mayHave = layer.class_name === 'Conv2D' && layer.config.kernel_size?.[0] === 3;
      if (mayHave || !draw(20)) mutant.tiles[nameOf(layer)] = draw(2) ? 2 : 4;
    }
  },
  // What is around the layers.
  (mutant, draw) => {
    if (!draw(4)) replace(draw, mutant.topology, () => pick(draw, OTHERS));
  },
];

/** A layer with fitting settings between two others, or beside them. */
function insertion(mutant: Mutant, draw: Draw): void {
  const layers = layersOf(mutant);
  const place = 1 + draw(layers.length);
  const before = layers[place - 1];
  const source = nameOf(before);
  const class_name = pick(draw, Object.keys(LAYER_RULES));
  const name = `new${draw(1e6)}`;
  const config: Json = { name };
  for (const [key, make] of Object.entries(SETTINGS)) config[key] = make(draw);
  const isWindow = /Conv|Pooling2D/.test(class_name);
  config.padding = /Padding/.test(class_name) ? frame(draw) : pick(draw, ['same', 'valid']);
  if (isWindow && draw(2)) config.strides = [1, 1];
  if (isWindow && (String(config.strides) !== '1,1' || class_name !== 'Conv2D' || draw(2))) {
    config.dilation_rate = [1, 1];
  }
  if (draw(2)) config.axis = -1;
  if (!/Conv|Dense|Activation/.test(class_name)) config.activation = undefined;
  if (class_name === 'Rescaling') [config.scale, config.offset] = [0.5, draw(2)];
  else config.scale = draw(2) === 1;
  if (class_name === 'Reshape') config.target_shape = pick(draw, [[-1], [-1, 1], [1, -1, 1]]);
  const sources = Array.from({ length: merges(class_name) ? 1 + draw(3) : 1 }, (_, index) =>
    index === 0 ? source : pick(draw, layers.slice(0, place)).config?.name,
  );
  if (draw(2)) {
    for (const layer of layers.slice(place)) {
      const nodes = JSON.stringify(layer.inbound_nodes ?? []);
      layer.inbound_nodes = JSON.parse(
        nodes.replaceAll(`[${JSON.stringify(source)},0,0`, `[${JSON.stringify(name)},0,0`),
      );
    }
  }
  const inbound_nodes = [sources.map((each) => [each, 0, 0, {}])];
  layers.splice(place, 0, { class_name, config, inbound_nodes, name });
  if (!draw(3)) mutant.topology.model_config.config.output_layers = [[name, 0, 0]];
}

const merges = (name: string) => /Add|Average$|Concat|Maxi|Mini|Multi|Dot/.test(name);

function keysOf(draw: Draw, layer: Json): string[] {
  return draw(3) ? Object.keys(layer.config) : Object.keys(SETTINGS);
}

/** Puts another value in some place of an object or list. */
function replace(draw: Draw, within: Json, other: (value: Json) => Json): void {
  const keys = Object.keys(within);
  if (keys.length === 0) return;
  const key = pick(draw, keys);
  const value = within[key];
  if (typeof value === 'object' && value !== null && draw(5)) replace(draw, value, other);
  else within[key] = other(value);
}

function pick<Item>(draw: Draw, items: readonly Item[]): Item {
  return items[draw(items.length)];
}

function pair(most: number): (draw: Draw) => number[] {
  return (draw) => (draw(3) ? [1 + draw(most), 1 + draw(most)] : [1, 1]);
}

function frame(draw: Draw): number[][] {
  return [
    [draw(4), draw(4)],
    [draw(4), draw(4)],
  ];
}
