/**
 * The worker as a file of its own, for sites whose policy allows no blob: script. It is a module,
 * with WebAssembly's core; those of the graphics processor are taken from beside it when asked for.
 */

import type { Core } from './core.js';
import { core, serve } from './core-wasm.js';

serve({
  ...core,
  async load(parts, backend) {
    return (backend === 'wasm' ? core : await beside(backend)).load(parts, backend);
  },
});

async function beside(name: string): Promise<Core> {
  // Bundlers must leave it alone, because the file is only there where it was put: the build says so.
  const address = new URL(`kerasport-${name}.js`, location.href).href;
  return (await import(/* @vite-ignore */ address)).core;
}
