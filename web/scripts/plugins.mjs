/** Vite plugins that the build and the tests share. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { deflateRawSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const QUERY = '?deflated';

/** `import text from 'some/file?deflated'`: the file's deflated bytes as base64. */
export function deflatedFiles() {
  return {
    name: 'deflated-files',
    enforce: 'pre',
    resolveId: (id) =>
      id.endsWith(QUERY) ? require.resolve(id.slice(0, -QUERY.length)) + QUERY : undefined,
    async load(id) {
      if (!id.endsWith(QUERY)) return undefined;
      const bytes = await readFile(id.slice(0, -QUERY.length));
      const text = deflateRawSync(bytes, { level: 9 }).toString('base64');
      return `export default ${JSON.stringify(text)};`;
    },
  };
}

/** Leaves out TensorFlow.js' loader for WebAssembly threads, which file:// cannot have. */
export function withoutThreads() {
  return {
    name: 'without-threads',
    enforce: 'pre',
    load: (id) =>
      /tfjs-backend-wasm-threaded-simd(\.worker)?\.js$/.test(id)
        ? 'export const wasmWorkerContents = ""; export default undefined;'
        : undefined,
  };
}
