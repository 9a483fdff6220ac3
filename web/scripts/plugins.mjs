/** Vite plugins that the build and the tests share. */

import { readFile } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';
import wabt from 'wabt';
import { assemble } from '../kernels/assemble.mjs';
import { KERNELS } from './kernels.mjs';

/** `import text from './some.wat'`: the binary of a WebAssembly module as base64. */
export function watFiles() {
  return {
    name: 'wat-files',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith('.wat')) return undefined;
      const module = (await wabt()).parseWat(id, await readFile(id, 'utf8'), { simd: true });
      try {
        module.validate();
        const text = Buffer.from(module.toBinary({}).buffer).toString('base64');
        return `export default ${JSON.stringify(text)};`;
      } finally {
        module.destroy();
      }
    },
  };
}

/**
 * `import { deflated, lengths } from 'kerasport:kernels'`: the engine's binaries, one behind the other
 * and the two that are much alike first, deflated, as base64; `lengths` are theirs.
 */
export function engineKernels() {
  const id = 'kerasport:kernels';
  return {
    name: 'engine-kernels',
    enforce: 'pre',
    resolveId: (name) => (name === id ? `\0${id}` : undefined),
    async load(name) {
      if (name !== `\0${id}`) return undefined;
      const names = ['plain', 'relaxed', 'common', 'probe'];
      const binaries = await Promise.all(names.map(assemble));
      const bytes = deflateRawSync(Buffer.concat(binaries), { level: 9 });
      return [
        `export const deflated = ${JSON.stringify(bytes.toString('base64'))};`,
        `export const lengths = ${JSON.stringify(binaries.map(({ length }) => length))};`,
      ].join('\n');
    },
  };
}

/** Names of Node that nothing looks at: some bundlers put packages of their own in their place. */
export const NO_NODE = { Buffer: 'undefined', process: 'undefined', global: 'globalThis' };

/**
 * Leaves out what TensorFlow.js does in Node alone, which asks for modules by names that
 * bundlers cannot resolve. Node has by now what browsers have, so it gets the browsers' part.
 */
export function withoutNode() {
  return {
    name: 'without-node',
    enforce: 'pre',
    load: (id) =>
      /tfjs-core\/dist\/platforms\/platform_node\.js$/.test(id)
        ? [
            "import { env } from '../environment';",
            "import { PlatformBrowser } from './platform_browser';",
            "if (!env().platform) env().setPlatform('node', new PlatformBrowser());",
            // It would advertise the package for Node on the console.
            "env().set('IS_NODE', false);",
          ].join('\n')
        : undefined,
  };
}

/** Leaves out TensorFlow.js' kernels that no layer runs. */
export function usedKernels() {
  return {
    name: 'used-kernels',
    enforce: 'pre',
    async load(id) {
      if (!/tfjs-backend-\w+\/dist\/register_all_kernels\.js$/.test(id)) return undefined;
      const text = await readFile(id, 'utf8');
      const imports = [...text.matchAll(/^import \{ (\w+) \} from '\.\/kernels\/(\w+)';$/gm)];
      if (imports.length < 50) throw new Error(`${id} is not written as it used to be`);
      const used = imports.filter(([, , file]) => KERNELS.has(file));
      return [
        "import { registerKernel } from '@tensorflow/tfjs-core';",
        ...used.map(([line]) => line),
        ...used.map(([, name]) => `registerKernel(${name});`),
      ].join('\n');
    },
  };
}
