/** WebAssembly's part alone, imported at once: a service worker may load nothing later. */

import { core } from 'kerasport-core:wasm';
import type { BackendName } from '../../constants.generated.js';
import type { CoreCode } from './index.js';

/** The one core that there is; without a worker, which a service worker cannot start. */
export function coreCode(name: BackendName): CoreCode {
  return {
    async local() {
      if (name !== 'wasm') throw new Error('kerasport/static does not hold it');
      return core;
    },
  };
}
