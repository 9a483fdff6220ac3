/** The core for WebGPU. */

import '@tensorflow/tfjs-backend-webgpu';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { engine } from '@tensorflow/tfjs-core';
import { coreWith } from './core.js';
import { serve } from './serve.js';

/** See {@link coreWith}. */
export const core = coreWith({
  webgpu: {
    async start() {
      if (!(await globalThis.navigator?.gpu?.requestAdapter()))
        throw new Error('this device has no WebGPU');
    },
    async lost() {
      await (engine().registry.webgpu as WebGPUBackend).device.lost;
    },
  },
});

export { serve };
