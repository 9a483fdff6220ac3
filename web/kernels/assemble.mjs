/** Makes the engine's binaries from their text. */

import wabt from 'wabt';
import { MODULES } from './module.mjs';

/**
 * @param {keyof typeof MODULES} name
 * @returns {Promise<Uint8Array>} the binary.
 */
export async function assemble(name) {
  const features = {
    simd: true,
    relaxed_simd: name === 'relaxed' || name === 'probe',
    bulk_memory: true,
  };
  const module = (await wabt()).parseWat(`${name}.wat`, MODULES[name](), features);
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
