/**
 * Speed of the engine's layers, one at a time, on both binaries.
 *
 *     node --experimental-wasm-relaxed-simd benchmarks/engine_layers.mjs   # Node.js 20
 *     node benchmarks/engine_layers.mjs --rounds 20 --only 3x3             # from 22 on
 *
 * GFLOP/s count a multiplication and an addition for each product of the layer's definition, in
 * processor time. Each figure is the best of many short rounds, in which binaries and layers take
 * turns, so that work beside it matters little. Weights and pictures are small whole numbers.
 */

import { parseArgs } from 'node:util';
import { createServer } from '../web/node_modules/vite/dist/node/index.js';

const ROUND_MS = 40;

const pair = (side) => [side, side];

/** A convolution. */
const conv = (name, side, channels, filters, kernel, stride = 1, padding = 'same') => ({
  name,
  writer: 'convolution',
  input: [side, side, channels],
  kernel: [kernel, kernel, channels, filters],
  config: { strides: pair(stride), dilation_rate: pair(1), padding },
  shape: [...pair(padding === 'same' ? Math.ceil(side / stride) : side - kernel + 1), filters],
});

const dense = (values, units) => ({
  name: `dense ${values} > ${units}`,
  writer: 'dense',
  input: [values],
  kernel: [values, units],
  config: {},
  shape: [units],
});

const LAYERS = [
  conv('3x3/2 224x224x3 > 32', 224, 3, 32, 3, 2),
  conv('7x7/2 224x224x3 > 64', 224, 3, 64, 7, 2),
  conv('1x1 112x112x32 > 16', 112, 32, 16, 1),
  conv('1x1 112x112x16 > 96', 112, 16, 96, 1),
  conv('1x1 56x56x24 > 144', 56, 24, 144, 1),
  conv('1x1 56x56x144 > 24', 56, 144, 24, 1),
  conv('1x1 28x28x32 > 192', 28, 32, 192, 1),
  conv('1x1 14x14x384 > 64', 14, 384, 64, 1),
  conv('1x1 14x14x64 > 384', 14, 64, 384, 1),
  conv('1x1 7x7x960 > 320', 7, 960, 320, 1),
  conv('1x1 7x7x320 > 1280', 7, 320, 1280, 1),
  conv('1x1/2 56x56x256 > 512', 56, 256, 512, 1, 2),
  conv('3x3 56x56x64 > 64', 56, 64, 64, 3),
  conv('3x3 28x28x128 > 128', 28, 128, 128, 3),
  conv('3x3 14x14x256 > 256', 14, 256, 256, 3),
  conv('3x3 7x7x512 > 512', 7, 512, 512, 3),
  conv('3x3 valid 150x150x16 > 32', 150, 16, 32, 3, 1, 'valid'),
  conv('5x5 32x32x13 > 21', 32, 13, 21, 5),
  dense(256, 256),
  dense(1280, 1000),
  dense(87_616, 128),
];

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
  },
});
const product = (sides) => sides.reduce((all, side) => all * side, 1);
const layers = LAYERS.filter(({ name }) => name.includes(options.only));

const root = new URL('../web/', import.meta.url).pathname;
const server = await createServer({
  root,
  configFile: `${root}vitest.config.ts`,
  server: { middlewareMode: true, hmr: false, ws: false },
  appType: 'custom',
  optimizeDeps: { noDiscovery: true },
});
const load = (path) => server.ssrLoadModule(`/src/client/engine/${path}.ts`);
const { startKernels } = await load('binary');
const { Program, ProgramWriter } = await load('program');
const writers = await load('layers/products');

/** A layer on started kernels. */
async function prepared({ writer: name, input, kernel, config, shape }, binary) {
  const writer = new ProgramWriter();
  const x = { shape: input, place: writer.bytes(4 * product(input)) };
  writer.use(x.place);
  const values = Float32Array.from({ length: product(kernel) }, (_, index) => (index % 7) - 3);
  const weights = { kernel: { shape: kernel, values } };
  const job = { writer, inputs: [x], config, weights, shape, activation: 'relu' };
  const y = writers[name](job);
  for (const { place } of [x, y]) writer.use(place);
  const plan = writer.finish();
  const kernels = await startKernels(plan.bytes, binary);
  const program = await Program.start(plan, kernels);
  new Float32Array(kernels.memory.buffer, x.place.region.address, product(input)).fill(1);
  return () => program.run();
}

const BINARIES = ['relaxed', 'plain'];
const rows = [];
for (const layer of layers) {
  const flop = 2 * product(layer.shape.slice(0, -1)) * product(layer.kernel);
  const runs = [];
  for (const binary of BINARIES) runs.push({ run: await prepared(layer, binary), best: 0 });
  rows.push({ name: layer.name, flop, runs });
}
for (let round = 0; round < Number(options.rounds); round++) {
  for (const { flop, runs } of rows) {
    for (const each of runs) {
      const times = Math.max(1, Math.round(5e7 / flop));
      const end = performance.now() + ROUND_MS;
      while (performance.now() < end) {
        const before = process.cpuUsage();
        for (let index = 0; index < times; index++) each.run();
        const { user, system } = process.cpuUsage(before);
        const rate = (flop * times) / (user + system) / 1e3;
        each.best = Math.max(each.best, rate);
      }
    }
  }
}
await server.close();
console.log(`| layer | MFLOP | ${BINARIES.map((name) => `${name}, GFLOP/s`).join(' | ')} |`);
console.log('| --- | --: | --: | --: |');
for (const { name, flop, runs } of rows) {
  const rates = runs.map(({ best }) => best.toFixed(1));
  console.log(`| ${[name, (flop / 1e6).toFixed(1), ...rates].join(' | ')} |`);
}
