/** The core in plain JavaScript, for where there is neither WebAssembly nor a graphics processor. */

import '@tensorflow/tfjs-backend-cpu';
import { loaderOn } from '../tensorflow/backend-model.js';
import { neverLost } from '../tensorflow/starter.js';
import { coreWith } from './core.js';
import { serve } from './serve.js';

/** See {@link coreWith}. */
export const core = coreWith('cpu', loaderOn('cpu', { start: async () => {}, onLost: neverLost }));

export { serve };
