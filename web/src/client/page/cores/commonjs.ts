/**
 * The parts that do the work, for `require`: WebAssembly's is inside, because some test runners load
 * nothing later; those of the graphics processor are modules beside it.
 */

import type { CoreName } from '../../backends/names.js';
import type { Core } from '../../worker/core.js';
import type { CoreCode } from './index.js';

// Named once: the build puts the whole program there.
const program = KERASPORT_CORE;
let local: Core | undefined;

const INSIDE: CoreCode = {
  source: async () => `{const{core,serve}=(${program})();serve(core)}`,
  async local() {
    local ??= program().core;
    return local;
  },
};

const BESIDE: Readonly<Record<Exclude<CoreName, 'wasm'>, CoreCode>> = {
  webgl: {
    source: async () => (await import('kerasport-worker:webgl')).default,
    local: async () => (await import('kerasport-core:webgl')).core,
  },
  webgpu: {
    source: async () => (await import('kerasport-worker:webgpu')).default,
    local: async () => (await import('kerasport-core:webgpu')).core,
  },
};

/** The program with one group of backends. */
export function coreCode(name: CoreName): CoreCode {
  return name === 'wasm' ? INSIDE : BESIDE[name];
}
