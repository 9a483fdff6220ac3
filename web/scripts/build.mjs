/** Builds everything that the page and other people's pages load into `dist/`. */

import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { build, transformWithEsbuild } from 'vite';
import { deflatedFiles, usedKernels, watFiles, withoutThreads } from './plugins.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const CORES = ['wasm', 'webgl', 'webgpu'];

/** The text of one entry, built; `plugins` come before the common ones. */
async function compile(entry, lib, plugins = [], rollupOptions = {}) {
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [...plugins, deflatedFiles(), watFiles(), withoutThreads(), usedKernels()],
    build: {
      write: false,
      target: 'es2022',
      minify: 'esbuild',
      lib: { entry, fileName: () => 'entry.js', cssFileName: 'entry', ...lib },
      rollupOptions,
      chunkSizeWarningLimit: 4096,
    },
  });
  const { output } = Array.isArray(built) ? built[0] : built;
  const [script] = output.filter(({ type }) => type === 'chunk');
  const style = output.find(({ fileName }) => fileName.endsWith('.css'));
  return { code: script.code, style: style?.source };
}

/** Vite leaves ES modules half minified, for bundlers; these are for pages too. */
async function minified(code) {
  const options = { minify: true, target: 'es2022', sourcemap: false };
  return (await transformWithEsbuild(code, 'module.js', options)).code;
}

/** Where the client finds the scripts that do the work: a file of `page/cores/`. */
function coresFrom(file) {
  const cores = `${root}src/client/page/cores/`;
  return {
    name: 'cores',
    enforce: 'pre',
    resolveId(id, importer) {
      if (importer && resolve(importer, '..', id) === `${cores}index.js`) return cores + file;
      const [, worker, name] = /^kerasport-(core|worker):(\w+)$/.exec(id) ?? [];
      if (!name) return undefined;
      return {
        id: `./kerasport-${name}${worker === 'worker' ? '.worker' : ''}.js`,
        external: true,
      };
    },
  };
}

const client = 'src/client/index.ts';
const files = {};

// A core runs in two places: as a function in the page, and as that function's text in a worker.
for (const name of CORES) {
  const entry = `src/client/worker/core-${name}.ts`;
  const { code } = await compile(entry, { formats: ['iife'], name: 'core' });
  const program = `function(){${code};return core}`;
  files[`kerasport-${name}.js`] = await minified((await compile(entry, { formats: ['es'] })).code);
  const text = `{const{core,serve}=(${program})();serve(core)}`;
  files[`kerasport-${name}.worker.js`] = `export default ${JSON.stringify(text)};\n`;
  if (name === 'wasm') {
    const page = await compile('src/client/script.ts', { formats: ['iife'], name: 'kerasport' }, [
      coresFrom('script.ts'),
    ]);
    files['kerasport.iife.js'] = page.code.replace('KERASPORT_CORE', () => `(${program})`);
  } else {
    files[`kerasport-${name}.iife.js`] = `(globalThis.kerasportCores??={}).${name}=${program};\n`;
  }
}
const module = await compile(client, { formats: ['es'] }, [coresFrom('module.ts')]);
files['kerasport.js'] = await minified(module.code);

// The element is small, and uses the client that the page has.
const beside = {
  name: 'client-beside',
  enforce: 'pre',
  resolveId: (id) => (id === './index.js' ? { id: './kerasport.js', external: true } : undefined),
};
const element = 'src/client/element.ts';
const elementScript = await compile(
  element,
  { formats: ['iife'], name: 'kerasportElement' },
  [beside],
  { output: { globals: { './kerasport.js': 'kerasport' } } },
);
files['kerasport-element.iife.js'] = elementScript.code;
files['kerasport-element.js'] = (await compile(element, { formats: ['es'] }, [beside])).code;

const demo = await compile('src/demo/main.ts', { formats: ['iife'], name: 'kerasportDemo' });
files['demo.js'] = demo.code;
files['demo.css'] = demo.style;

// Only now, so that a page that is open meanwhile finds the old files or the new ones.
await rm(dist, { recursive: true, force: true });
for (const [input, file] of [
  [client, 'kerasport.d.ts'],
  [element, 'kerasport-element.d.ts'],
]) {
  const types = await rollup({ input: root + input, plugins: [dts()] });
  await types.write({ file: dist + file, format: 'es' });
  await types.close();
}
// What else a site is made of, for `kerasport site`: the wheel carries nothing but dist.
for (const file of ['index.html', 'manifest.webmanifest', 'service-worker.js', 'icons']) {
  await cp(root + file, `${dist}page/${file}`, { recursive: true });
}
for (const [file, text] of Object.entries(files)) await writeFile(dist + file, text);

for (const file of (await readdir(dist)).filter((name) => name !== 'page').sort()) {
  const bytes = await readFile(dist + file);
  const [raw, gzip] = [bytes, gzipSync(bytes)].map(({ length }) => length.toLocaleString('en'));
  console.log(`${file.padEnd(28)} ${raw.padStart(10)} bytes ${gzip.padStart(10)} gzip`);
}
