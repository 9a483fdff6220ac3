/**
 * Where the time of a model goes on the engine, in Node.
 *
 *     node scripts/profile.mjs BUNDLE [plain|relaxed] [ROUNDS]
 *
 * Each call of the plan is timed for itself, the best of all rounds; at the end the whole.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { engineKernels, watFiles } from './plugins.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [folder, binary, rounds = '20'] = process.argv.slice(2);

const built = await build({
  root,
  configFile: false,
  logLevel: 'warn',
  plugins: [watFiles(), engineKernels()],
  build: {
    write: false,
    target: 'es2022',
    minify: false,
    lib: { entry: 'scripts/engine-profile.ts', formats: ['es'] },
  },
});
const [{ code }] = built[0].output;
const { profile } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

const read = (name) => readFileSync(join(folder, name));
const model = JSON.parse(read('model.json'));
const artifacts = {
  topology: model.modelTopology,
  weightSpecs: model.weightsManifest.flatMap(({ weights }) => weights),
  weightData: model.weightsManifest
    .flatMap(({ paths }) => paths)
    .map((path) => new Uint8Array(read(path)).buffer),
  winograd: JSON.parse(read('metadata.json')).winograd?.tiles,
};
console.log(await profile(artifacts, binary, Number(rounds)));
