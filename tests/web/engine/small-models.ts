/** Models put together in a test, run with memory watched. */

import { vi } from 'vitest';
import { Field } from '../../../web/src/client/bundle/fields.js';
import {
  type BinaryName,
  type Kernels,
  startKernels,
} from '../../../web/src/client/engine/binary.js';
import type { Weight } from '../../../web/src/client/engine/layers.js';
import { type Place, Program, ProgramWriter } from '../../../web/src/client/engine/program.js';
import { type WrittenModel, writeModel } from '../../../web/src/client/engine/write.js';
import { LAYER_RULES } from '../../../web/src/client/model/layer-rules.js';
import type { LayerEntry } from '../../../web/src/client/model/topology.js';
import { random } from './layer-runs.js';
import { size } from './watched.js';

/** Not a number, in every place that nobody wrote to. */
const GARBAGE = 0xff;

/** More than a test's model needs: compiling takes longer than running one. */
const MEMORY_BYTES = 1 << 23;

const running = new Map<BinaryName, Promise<Kernels>>();

/** A graph of layers, of which the last one is the answer. */
export class SmallModel {
  readonly layers: LayerEntry[] = [];
  readonly shapes = new Map<string, readonly number[]>();
  readonly weights = new Map<string, Record<string, Weight>>();
  #seed: number;

  constructor(inputShape: readonly number[], seed: number) {
    this.#seed = seed;
    const entry = new Field('model.json', 'layers[0]', {});
    this.layers.push({ name: 'input', className: 'InputLayer', config: {}, inputs: [], entry });
    this.shapes.set('input', inputShape);
  }

  get last(): string {
    return this.layers[this.layers.length - 1].name;
  }

  shape(name = this.last): readonly number[] {
    return this.shapes.get(name) as readonly number[];
  }

  /** Adds a layer behind the last one, or behind others, and returns its name. */
  add(
    className: keyof typeof LAYER_RULES,
    config: Readonly<Record<string, unknown>> = {},
    inputs: readonly string[] = [this.last],
  ): string {
    const name = `layer${this.layers.length}`;
    const settings = { name, strides: [1, 1], padding: 'same', use_bias: true, ...config };
    const field = new Field('model.json', name, { config: settings });
    const entry = { name, className, config: settings, inputs, entry: field };
    const plan = LAYER_RULES[className](
      entry,
      inputs.map((input) => this.shape(input)),
    );
    this.layers.push(entry);
    this.shapes.set(name, plan.shape);
    const weights: Record<string, Weight> = {};
    for (const [variable, shape] of Object.entries(plan.weights ?? {})) {
      // About as large as what they are multiplied with, so that values stay near 1.
      const { values } = random(shape, this.#seed++);
      const scale = 1 / Math.sqrt(Math.max(1, size(shape.slice(0, -1))));
      weights[variable] = { shape, values: values.map((value) => value * scale) };
    }
    this.weights.set(name, weights);
    return name;
  }

  /**
   * The answer to a picture that looks random.
   *
   * @param features - a layer that somebody outside reads.
   * @throws where a byte outside of all regions was written.
   */
  async answer(binary: BinaryName, stripBytes: number, features?: string): Promise<Answer> {
    const places: Place[] = [];
    const spies = (['constant', 'prepared', 'raw', 'bytes'] as const).map((method) => {
      const original = ProgramWriter.prototype[method] as (this: ProgramWriter, n: never) => Place;
      return vi.spyOn(ProgramWriter.prototype, method).mockImplementation(function (
        this: ProgramWriter,
        argument: unknown,
      ) {
        const place = original.call(this, argument as never);
        places.push(place);
        return place;
      });
    });
    const graph = { layers: this.layers, inputShape: this.shape('input'), output: this.last };
    const written = writeModel(graph, this.shapes, this.weights, features, {}, stripBytes);
    for (const spy of spies) spy.mockRestore();
    const kernels = running.get(binary) ?? startKernels(MEMORY_BYTES, binary);
    running.set(binary, kernels);
    const memory = new Uint8Array((await kernels).memory.buffer, 0, written.plan.bytes + 4096);
    memory.fill(GARBAGE);
    const program = await Program.start(written.plan, await kernels);
    memory.fill(GARBAGE, written.plan.keptBytes);
    const { region, offset } = written.input;
    const picture = random(this.shape('input'), 7).values.map((value) => (value + 2) * 63);
    memory.set(picture, region.address + offset);
    program.run();
    const values = valuesOf(memory, written.output);
    for (const { region } of places) {
      memory.fill(GARBAGE, region.address, region.address + region.bytes);
    }
    if (memory.some((byte) => byte !== GARBAGE)) throw new Error('wrote outside of all regions');
    return { values, written };
  }
}

interface Answer {
  readonly values: Float32Array;
  readonly written: WrittenModel;
}

function valuesOf(memory: Uint8Array, { tensor }: WrittenModel['output']): Float32Array {
  const { region, offset } = tensor.place;
  return new Float32Array(memory.buffer, region.address + offset, size(tensor.shape)).slice();
}
