/** The wasm backend's binary, inlined by the build: no file to find, no request to allow. */

import deflated from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?deflated';
import { streamOf } from '../pictures/bytes.js';

/** The bytes of `tfjs-backend-wasm-simd.wasm`. */
export async function wasmBinary(): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(deflated), (character) => character.charCodeAt(0));
  const stream = streamOf(bytes).pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).arrayBuffer();
}
