/** The core for WebGL. */

import '@tensorflow/tfjs-backend-webgl';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { engine } from '@tensorflow/tfjs-core';
import { coreWith } from './core.js';
import { serve } from './serve.js';

const losses = new WeakMap<object, Promise<void>>();

/** See {@link coreWith}. */
export const core = coreWith({
  webgl: {
    async start() {
      if (!engine().registryFactory.webgl) throw new Error('this browser has no WebGL');
    },
    lost() {
      const { gl } = (engine().registry.webgl as MathBackendWebGL).gpgpu;
      const { canvas } = gl;
      const known = losses.get(canvas);
      if (known) return known;
      const loss = new Promise<void>((resolve) => {
        if (gl.isContextLost()) resolve();
        else canvas.addEventListener('webglcontextlost', () => resolve(), { once: true });
      });
      losses.set(canvas, loss);
      return loss;
    },
  },
});

export { serve };
