/** Builds everything that the page and other people's pages load into `dist/`. */

import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { minify } from 'terser';
import { build, transformWithEsbuild } from 'vite';
import { assemble } from '../kernels/assemble.mjs';
import { banner, LICENSES_FILE, licenses, notedPackages } from './notices.mjs';
import { engineKernels, NO_NODE, usedKernels, watFiles, withoutNode } from './plugins.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const CORES = ['wasm', 'cpu', 'webgl', 'webgpu'];
/** Files of the cores that hold TensorFlow.js: all but the first one, which holds our own engine. */
const WITH_TENSORFLOW = /^kerasport-(cpu|webgl|webgpu)\./;

/** The text of one entry, built; `plugins` come before the common ones. */
async function compile(entry, lib, plugins = [], rollupOptions = {}) {
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [
      ...plugins,
      ...[watFiles(), engineKernels(), withoutNode(), usedKernels()],
      notedPackages(),
    ],
    define: NO_NODE,
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

/**
 * What every page loads, once more through Terser: 4 % less after gzip. It takes ten times as long as
 * esbuild, too long for what holds TensorFlow.js.
 */
async function small(code, options = {}) {
  const format = { comments: false };
  return (await minify(code, { ecma: 2022, compress: { passes: 2 }, format, ...options })).code;
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

/** Imports that stay, of files beside the script: where each leads. */
function beside(files) {
  return {
    name: 'beside',
    enforce: 'pre',
    resolveId: (id) => (files[id] ? { id: files[id], external: true } : undefined),
  };
}

/** Leaves what the client's own types say to them. */
function publicTypes() {
  const ids = ['./api.js', './classifier.js', './index.js'];
  return {
    name: 'public-types',
    resolveId: (id) => (ids.includes(id) ? { id: './kerasport.js', external: true } : undefined),
  };
}

const client = 'src/client/index.ts';
const files = {};

// A core runs in two places: as a function in the page, and as that function's text in a worker.
for (const name of CORES) {
  const entry = `src/client/worker/core-${name}.ts`;
  const { code } = await compile(entry, { formats: ['iife'], name: 'core' });
  const module = await minified((await compile(entry, { formats: ['es'] })).code);
  const isSmall = name === 'wasm';
  const program = `function(){${isSmall ? await small(code) : code};return core}`;
  files[`kerasport-${name}.js`] = isSmall ? await small(module, { module: true }) : module;
  const withProgram = (text) => text.replace('KERASPORT_CORE', () => `(${program})`);
  const text = `{const{core,serve}=(${program})();serve(core)}`;
  files[`kerasport-${name}.worker.js`] = `export default ${JSON.stringify(text)};\n`;
  if (name === 'wasm') {
    const page = await compile('src/client/script.ts', { formats: ['iife'], name: 'kerasport' }, [
      coresFrom('script.ts'),
    ]);
    files['kerasport.iife.js'] = withProgram(await small(page.code));
    const common = await compile(client, { formats: ['cjs'] }, [coresFrom('commonjs.ts')]);
    files['kerasport.cjs'] = withProgram(await small(common.code));
  } else {
    files[`kerasport-${name}.iife.js`] = `(globalThis.kerasportCores??={}).${name}=${program};\n`;
  }
}
for (const [file, cores] of [
  ['kerasport.js', 'module.ts'],
  ['kerasport-static.js', 'static.ts'],
]) {
  const { code } = await compile(client, { formats: ['es'] }, [coresFrom(cores)]);
  files[file] = await small(await minified(code), { module: true });
}
const worker = await compile('src/client/worker/file.ts', { formats: ['es'] }, [
  beside({ './core-wasm.js': './kerasport-wasm.js' }),
]);
const ignored = '/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */';
files['kerasport-worker.js'] = worker.code.replace('import(new', `import(${ignored} new`);
if (!files['kerasport-worker.js'].includes(ignored)) throw new Error('no import to leave alone');

// The element is small, and uses the client that the page has.
const element = 'src/client/element.ts';
for (const [format, ending, of] of [
  ['iife', 'iife.js', 'kerasport.js'],
  ['es', 'js', 'kerasport.js'],
  ['cjs', 'cjs', 'kerasport.cjs'],
]) {
  const { code } = await compile(
    element,
    { formats: [format], name: 'kerasportElement' },
    [beside({ './index.js': `./${of}` })],
    { output: { globals: { './kerasport.js': 'kerasport' } } },
  );
  files[`kerasport-element.${ending}`] = code;
}

const demo = await compile('src/demo/main.ts', { formats: ['iife'], name: 'kerasportDemo' });
files['demo.js'] = demo.code;
files['demo.css'] = demo.style;

// Only now, so that a page that is open meanwhile finds the old files or the new ones.
await rm(dist, { recursive: true, force: true });
// The element's types are written on those of the client, so that both mean the same ones.
for (const [input, file, plugins] of [
  [client, 'kerasport', []],
  [element, 'kerasport-element', [publicTypes()]],
]) {
  const stripped = dts({ compilerOptions: { stripInternal: true } });
  const types = await rollup({ input: root + input, plugins: [...plugins, stripped] });
  const { output } = await types.generate({ format: 'es' });
  await types.close();
  files[`${file}.d.ts`] = output[0].code;
  // For `require`, by another name: TypeScript takes the kind of a module from it.
  files[`${file}.d.cts`] = output[0].code.replaceAll('./kerasport.js', './kerasport.cjs');
}
files['kerasport-static.d.ts'] = "export * from './kerasport.js';\n";
files['kerasport-worker.d.ts'] = 'export {};\n';
for (const file of await readdir(`${root}types`)) {
  files[`kerasport-element-${file}`] = await readFile(`${root}types/${file}`, 'utf8');
}
files[LICENSES_FILE] = licenses();
// What else a site is made of, for `kerasport site`: the wheel carries nothing but dist.
for (const file of ['index.html', 'manifest.webmanifest', 'service-worker.js', 'icons']) {
  await cp(root + file, `${dist}page/${file}`, { recursive: true });
}
// The engine for Python: the kernels without relaxed SIMD.
await mkdir(`${dist}kernels`);
for (const name of ['plain', 'common']) {
  await writeFile(`${dist}kernels/${name}.wasm`, await assemble(name));
}
for (const [file, text] of Object.entries(files)) {
  const isScript = /\.(c?js|css)$/.test(file);
  await writeFile(dist + file, isScript ? banner(WITH_TENSORFLOW.test(file)) + text : text);
}

const built = await readdir(dist, { withFileTypes: true });
for (const file of built.flatMap((each) => (each.isFile() ? [each.name] : [])).sort()) {
  const bytes = await readFile(dist + file);
  const [raw, gzip] = [bytes, gzipSync(bytes)].map(({ length }) => length.toLocaleString('en'));
  console.log(`${file.padEnd(28)} ${raw.padStart(10)} bytes ${gzip.padStart(10)} gzip`);
}
