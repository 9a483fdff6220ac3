/**
 * Damaged models: each is refused in a sentence before anything is reserved, or becomes a plan that
 * stays in its memory and gives the answer of an independent executor.
 *
 * `FUZZ_COUNT` mutants from `FUZZ_SEED` on; `make fuzz-models` asks for many. With `FUZZ_OUT` they are
 * written there, a line each with what became of it, for the twin in Python.
 */

import '@tensorflow/tfjs-backend-cpu';
import { appendFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { Field, readJson } from '../../../web/src/client/bundle/fields.js';
import { readManifest } from '../../../web/src/client/bundle/manifest.js';
import { readWeights } from '../../../web/src/client/engine/weights.js';
import { type WrittenModel, writeModel } from '../../../web/src/client/engine/write.js';
import { KerasportError } from '../../../web/src/client/errors.js';
import { LAYER_RULES } from '../../../web/src/client/model/layer-rules.js';
import { planModel } from '../../../web/src/client/model/plan.js';
import {
  findHead,
  graphOf,
  readTopology,
  type Topology,
} from '../../../web/src/client/model/topology.js';
import { checkTiles, type Tiles } from '../../../web/src/client/model/winograd.js';
import { Executor } from '../../../web/src/client/tensorflow/executor.js';
import { type Draw, drawing, type Mutant, mutantOf } from './mutants.js';
import { BINARIES, numbers, size, Watched } from './watched.js';

const SEED = Number(process.env.FUZZ_SEED ?? 1);
const COUNT = Number(process.env.FUZZ_COUNT ?? 400);

/** Longest that planning may take, whatever a document says. */
const MOST_MILLISECONDS = 10_000;

/** Most bytes of weights that are made, and of memory that is run in. */
const MOST_BYTES = 1 << 24;

/** Most multiply-adds, which the independent executor does one by one. */
const MOST_WORK = 3e6;

type Shapes = ReadonlyMap<string, readonly number[]>;

/** The shapes that the rules expect, as far as they go: a mutant with these is planned. */
function expectedWeights({ layers }: Topology): Record<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const found: Record<string, readonly number[]> = {};
  for (const layer of layers) {
    const rule = LAYER_RULES[layer.className as keyof typeof LAYER_RULES];
    const plan = rule(
      layer,
      layer.inputs.map((name) => shapes.get(name) as number[]),
    );
    shapes.set(layer.name, plan.shape);
    for (const [name, shape] of Object.entries(plan.weights ?? {})) {
      if (size(shape) > MOST_BYTES) return {};
      found[`${layer.name}/${name}`] = shape;
    }
  }
  return found;
}

/** What a mutant was found to be. */
type Outcome = 'refused' | 'too large' | 'planned' | 'run' | 'compared';

/** Keeps what the twin is to find, too. */
function note(found: object): void {
  if (process.env.FUZZ_OUT) appendFileSync(process.env.FUZZ_OUT, `${JSON.stringify(found)}\n`);
}

async function outcomeOf(mutant: Mutant, draw: Draw): Promise<Outcome> {
  const topology = mutant.topology;
  let { weights } = mutant;
  if (draw(4)) {
    try {
      weights = expectedWeights(readTopology(new Field('model.json', 'modelTopology', topology)));
    } catch {}
  }
  const entries = Object.entries(weights).map(([name, shape]) => ({
    ...{ name, shape, dtype: 'float32' },
  }));
  const count = entries.reduce((sum, { shape }) => sum + valuesOf(shape), 0);
  const bytes = Number.isSafeInteger(count) && count >= 0 && count < MOST_BYTES ? 4 * count : 0;
  const document = {
    modelTopology: topology,
    weightsManifest: [{ paths: ['a.bin'], weights: entries }],
  };
  const start = performance.now();
  let isUsual = false;
  let model: { topology: Topology; shapes: Shapes; written: WrittenModel; data: ArrayBuffer };
  try {
    const root = readJson('model.json', new TextEncoder().encode(JSON.stringify(document)));
    const manifest = readManifest(root.get('weightsManifest'), new Map([['a.bin', bytes]]));
    const read = readTopology(root.get('modelTopology'));
    const { shapes } = planModel(read, manifest, 'model.json');
    checkTiles(mutant.tiles as Tiles, read.layers);
    const data = weightData(entries, bytes);
    // As every device does it, or so that other layers are joined.
    isUsual = draw(2) === 1;
    const written = writeModel(
      graphOf(read),
      shapes,
      readWeights(entries, [data]),
      isUsual ? findHead(read)?.features : read.layers[draw(read.layers.length)].name,
      mutant.tiles,
      isUsual ? undefined : [0, 1, 2000][draw(3)],
    );
    model = { topology: read, shapes, written, data };
  } catch (error) {
    checkTime(start);
    const { message } = error as Error;
    note({ document, bytes, tiles: mutant.tiles, message });
    if (error instanceof KerasportError && error.code === 'bundle-damaged') return 'refused';
    if (/on the engine\. Expected|calls of the engine's kernels/.test(message)) return 'too large';
    throw error;
  }
  checkTime(start);
  const { plan } = model.written;
  for (const { kernel, parameters } of [...plan.preparing, ...plan.running]) {
    for (const each of parameters) {
      const isFine =
        typeof each === 'number'
          ? !Number.isNaN(each)
          : each.offset >= 0 && each.offset <= each.region.bytes;
      if (!isFine) throw new Error(`${kernel} is called with ${JSON.stringify(each)}`);
    }
  }
  if (plan.bytes > MOST_BYTES || workOf(model.topology, model.shapes) > MOST_WORK) return 'planned';
  const { answer, outcome } = await answered(model, entries, draw);
  if (isUsual && answer) note({ document, bytes, tiles: mutant.tiles, answer });
  return outcome;
}

function valuesOf(shape: unknown): number {
  return Array.isArray(shape) ? shape.reduce((product, side) => product * Number(side), 1) : 0;
}

function checkTime(start: number): void {
  const took = performance.now() - start;
  if (took > MOST_MILLISECONDS) throw new Error(`planning took ${took} ms`);
}

/** Values near those that a trained model has: sums of products stay near 1. */
function weightData(
  entries: readonly { readonly name: string; readonly shape: readonly number[] }[],
  bytes: number,
): ArrayBuffer {
  const data = new Float32Array(bytes / 4);
  let start = 0;
  for (const [index, { name, shape }] of entries.entries()) {
    const count = size(shape);
    const scale = 1 / Math.sqrt(size(shape.slice(0, -1)));
    const isPositive = name.endsWith('/moving_variance');
    const values = numbers(count, index).map((value) =>
      isPositive ? Math.abs(value) + 0.5 : value * scale,
    );
    data.set(values, start);
    start += count;
  }
  return data.buffer;
}

function workOf({ layers }: Topology, shapes: Shapes): number {
  let work = 0;
  for (const layer of layers) {
    const rule = LAYER_RULES[layer.className as keyof typeof LAYER_RULES];
    const inputs = layer.inputs.map((name) => shapes.get(name) as number[]);
    work += (rule(layer, inputs).multiplyAdds ?? 0) + size(shapes.get(layer.name) as number[]);
  }
  return work;
}

/** Runs a plan with everything watched, and compares what it answers. */
async function answered(
  { topology, shapes, written, data }: Parameters<typeof expectedOf>[0] & { written: WrittenModel },
  entries: readonly object[],
  draw: Draw,
): Promise<{ answer: number[] | undefined; outcome: Outcome }> {
  const inputShape = shapes.get(topology.layers[0].name) as number[];
  const picture = Uint8Array.from(numbers(size(inputShape), 3), (value) => (value + 1) * 127);
  const binary = BINARIES[draw(2)];
  const watched = await Watched.start(binary, written.plan);
  watched.bytes(written.input, picture.length).set(picture);
  watched.run();
  const { place, shape } = written.output.tensor;
  const values = watched.floats(place, size(shape)).slice();
  const wanted = shapes.get(topology.output);
  if (String(shape) !== String(wanted)) throw new Error(`the answer is ${shape}, not ${wanted}`);
  // These are the same bits everywhere.
  const answer = binary === 'plain' ? [...new Uint32Array(values.buffer)] : undefined;
  const model = { topology, shapes, data };
  let expected: Float32Array;
  try {
    expected = await expectedOf(model, entries, picture);
  } catch {
    // Its kernels do not know tensors of all ranks.
    return { answer, outcome: 'run' };
  }
  if (!expected.every(Number.isFinite)) return { answer, outcome: 'run' };
  const distance = furthest(values, expected);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(distance <= 1e-4 * largest)) {
    // How much the model makes of a small change of its weights.
    const changed = new Float32Array(data).map(
      (value, index) => value * (1 + ((index % 3) - 1) * 2 ** -20),
    );
    const other = await expectedOf({ ...model, data: changed.buffer }, entries, picture);
    if (!(distance <= 1e-4 * largest + 20 * furthest(other, expected))) {
      throw new Error(`the answer is off by ${distance}, of values up to ${largest}`);
    }
  }
  return { answer, outcome: 'compared' };
}

async function expectedOf(
  { topology, shapes, data }: { topology: Topology; shapes: Shapes; data: ArrayBuffer },
  weightSpecs: readonly object[],
  picture: Uint8Array,
): Promise<Float32Array> {
  const inputShape = shapes.get(topology.layers[0].name) as unknown as [number, number, number];
  const graph = graphOf(topology);
  const artifacts = { graph, weightSpecs, weightData: [data], inputShape, shapes, classes: 1 };
  const executor = new Executor(artifacts, artifacts.weightData);
  try {
    return await executor.run(picture);
  } finally {
    executor.dispose();
  }
}

function furthest(values: Float32Array, expected: Float32Array): number {
  let most = 0;
  for (const [index, value] of expected.entries()) {
    const distance = Math.abs(value - values[index]);
    most = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(most, distance);
  }
  return most;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('damaged models are refused in a sentence, or answer within their memory', async () => {
  const found: Partial<Record<Outcome, number>> = {};
  const failures: string[] = [];
  for (let seed = SEED; seed < SEED + COUNT && failures.length < 20; seed++) {
    const draw = drawing(seed);
    const mutant = mutantOf(draw);
    try {
      const outcome = await outcomeOf(mutant, draw);
      found[outcome] = (found[outcome] ?? 0) + 1;
    } catch (error) {
      const { message, stack } = error as Error;
      failures.push(`seed ${seed}, ${mutant.name}: ${message}\n${stack?.split('\n')[1]}`);
    }
  }
  if (process.env.FUZZ_COUNT) console.log(found);
  expect(failures).toEqual([]);
}, 3_600_000);
