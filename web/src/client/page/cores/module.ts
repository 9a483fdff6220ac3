/** The parts that do the work, for an ES module: files beside it that are loaded when needed. */

import type { BackendName } from '../../constants.generated.js';
import type { Core } from '../../worker/core.js';
import type { CoreCode } from './index.js';

/** The build writes these files: the module itself, and the text of a program for a worker. */
const LOADERS: Readonly<
  Record<
    BackendName,
    [text: () => Promise<{ default: string }>, own: () => Promise<{ core: Core }>]
  >
> = {
  wasm: [() => import('kerasport-worker:wasm'), () => import('kerasport-core:wasm')],
  cpu: [() => import('kerasport-worker:cpu'), () => import('kerasport-core:cpu')],
  webgl: [() => import('kerasport-worker:webgl'), () => import('kerasport-core:webgl')],
  webgpu: [() => import('kerasport-worker:webgpu'), () => import('kerasport-core:webgpu')],
};

/** The files with one group of backends. */
export function coreCode(name: BackendName): CoreCode {
  const [text, own] = LOADERS[name];
  return {
    source: async () => (await text()).default,
    local: async () => (await own()).core,
  };
}
