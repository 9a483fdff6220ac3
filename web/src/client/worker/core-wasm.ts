/** The core that every page starts on: WebAssembly, and plain JavaScript where there is none. */

import '@tensorflow/tfjs-backend-cpu';
import { neverLost } from '../backends/names.js';
import { wasmStarter } from '../backends/wasm-backend.js';
import { coreWith } from './core.js';
import { serve } from './serve.js';

const ALWAYS = { start: async () => {}, onLost: neverLost };

/** See {@link coreWith}. */
export const core = coreWith({ wasm: wasmStarter, cpu: ALWAYS });

export { serve };
