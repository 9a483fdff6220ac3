/** Times the calls of a plan one by one: for `profile.mjs`. */

import { Field } from '../src/client/bundle/fields.js';
import { type BinaryName, startKernels } from '../src/client/engine/binary.js';
import { Program } from '../src/client/engine/program.js';
import { readWeights } from '../src/client/engine/weights.js';
import { writeModel } from '../src/client/engine/write.js';
import { planModel } from '../src/client/model/plan.js';
import { graphOf, readTopology } from '../src/client/model/topology.js';
import type { Tiles } from '../src/client/model/winograd.js';

interface Artifacts {
  readonly topology: object;
  readonly weightSpecs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly weightData: readonly ArrayBuffer[];
  readonly winograd?: Tiles;
}

/** A table of the calls, the most expensive first, in milliseconds. */
export async function profile(
  { topology, weightSpecs, weightData, winograd }: Artifacts,
  binary: BinaryName | undefined,
  rounds: number,
): Promise<string> {
  const start = performance.now();
  const read = readTopology(new Field('model.json', 'modelTopology', topology));
  const graph = graphOf(read);
  const shapes = new Map(weightSpecs.map(({ name, shape }) => [name, shape]));
  const plan = planModel(read, shapes, 'model.json');
  const written = writeModel(
    graph,
    plan.shapes,
    readWeights(weightSpecs, weightData),
    undefined,
    winograd,
  );
  const kernels = await startKernels(written.plan.bytes, binary);
  const program = await Program.start(written.plan, kernels);
  const loading = performance.now() - start;
  const { running } = written.plan;
  const best = new Float64Array(running.length).fill(Number.POSITIVE_INFINITY);
  let whole = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    // Of the processor: other programs do not count.
    const before = process.cpuUsage();
    program.run();
    const { user, system } = process.cpuUsage(before);
    whole = Math.min(whole, (user + system) / 1000);
    for (let index = 0; index < running.length; index++) {
      const start = performance.now();
      program.run(index + 1, index);
      best[index] = Math.min(best[index], performance.now() - start);
    }
  }
  const byLayer = new Map<
    string,
    { name: string; kernels: Set<string>; time: number; calls: number }
  >();
  for (const [index, { kernel }] of running.entries()) {
    const step = written.steps.find(({ end }) => index < end);
    const name = step ? `${step.className} ${step.shape.join('x')} ${step.name}` : 'end';
    const row = byLayer.get(name) ?? { name, kernels: new Set(), time: 0, calls: 0 };
    row.kernels.add(kernel);
    row.time += best[index];
    row.calls += 1;
    byLayer.set(name, row);
  }
  const rows = [...byLayer.values()].sort((a, b) => b.time - a.time);
  return [
    ...rows.map(
      ({ name, kernels, time, calls }) =>
        `${time.toFixed(3).padStart(9)} ${String(calls).padStart(4)}  ${name} (${[...kernels].join(' ')})`,
    ),
    `${whole.toFixed(3)} ms a picture (${kernels.binary}), loaded in ${loading.toFixed(0)} ms, ` +
      `${running.length} calls, ${(written.plan.bytes / 2 ** 20).toFixed(1)} MiB of which ` +
      `${(written.plan.keptBytes / 2 ** 20).toFixed(1)} stay`,
  ].join('\n');
}
