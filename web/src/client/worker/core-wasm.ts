/** The core that every page starts on: WebAssembly. */

import { engineLoader } from '../engine/model.js';
import { coreWith } from './core.js';
import { serve } from './serve.js';

/** See {@link coreWith}. */
export const core = coreWith('wasm', engineLoader);

export { serve };
