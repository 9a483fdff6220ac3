/** Builds everything that the page and other people's pages load into `dist/`. */

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { build, transformWithEsbuild } from 'vite';
import { deflatedFiles, watFiles, withoutThreads } from './plugins.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = fileURLToPath(new URL('../dist/', import.meta.url));

function library(entry, options) {
  return build({
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [deflatedFiles(), watFiles(), withoutThreads()],
    build: {
      outDir: 'dist',
      emptyOutDir: false,
      target: 'es2022',
      minify: 'esbuild',
      lib: { entry, ...options },
      chunkSizeWarningLimit: 4096,
    },
  });
}

await rm(dist, { recursive: true, force: true });
await library('src/client/index.ts', {
  name: 'kerasport',
  formats: ['iife', 'es'],
  fileName: (format) => (format === 'iife' ? 'kerasport.iife.js' : 'kerasport.js'),
});
await library('src/demo/main.ts', {
  name: 'kerasportDemo',
  formats: ['iife'],
  fileName: () => 'demo.js',
  cssFileName: 'demo',
});
// Vite leaves ES modules half minified, for bundlers; this one is for pages.
const module = await readFile(`${dist}kerasport.js`, 'utf8');
const { code } = await transformWithEsbuild(module, 'kerasport.js', {
  minify: true,
  target: 'es2022',
  sourcemap: false,
});
await writeFile(`${dist}kerasport.js`, code);
const types = await rollup({ input: `${root}src/client/index.ts`, plugins: [dts()] });
await types.write({ file: `${dist}kerasport.d.ts`, format: 'es' });
await types.close();

for (const file of (await readdir(dist)).sort()) {
  const bytes = await readFile(dist + file);
  const [raw, gzip] = [bytes, gzipSync(bytes)].map(({ length }) => length.toLocaleString('en'));
  console.log(`${file.padEnd(18)} ${raw.padStart(10)} bytes ${gzip.padStart(10)} gzip`);
}
