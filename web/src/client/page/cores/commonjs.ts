/**
 * The parts that do the work, for `require`: WebAssembly's is inside, because some test runners load
 * nothing later; the others are modules beside it.
 */

import type { BackendName } from '../../constants.generated.js';
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

const BESIDE: Readonly<Record<Exclude<BackendName, 'wasm'>, CoreCode>> = {
  webgl: {
    source: async () => (await import('kerasport-worker:webgl')).default,
    local: async () => (await import('kerasport-core:webgl')).core,
  },
  cpu: {
    source: async () => (await import('kerasport-worker:cpu')).default,
    local: async () => (await import('kerasport-core:cpu')).core,
  },
  webgpu: {
    source: async () => (await import('kerasport-worker:webgpu')).default,
    local: async () => (await import('kerasport-core:webgpu')).core,
  },
};

/** The program with one group of backends. */
export function coreCode(name: BackendName): CoreCode {
  return name === 'wasm' ? INSIDE : BESIDE[name];
}
