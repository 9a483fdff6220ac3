/** The core for WebGL. */

import '@tensorflow/tfjs-backend-webgl';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { engine } from '@tensorflow/tfjs-core';
import { loaderOn } from '../tensorflow/backend-model.js';
import { coreWith } from './core.js';
import { serve } from './serve.js';

/** See {@link coreWith}. */
export const core = coreWith(
  'webgl',
  loaderOn('webgl', {
    async start() {
      // Workers of Deno look like those of a browser.
      const isKnown = typeof WebGLRenderingContext !== 'undefined';
      if (!isKnown || !engine().registryFactory.webgl) throw new Error('this browser has no WebGL');
    },
    onLost(listener) {
      const { gl } = (engine().registry.webgl as MathBackendWebGL).gpgpu;
      const { canvas } = gl;
      if (gl.isContextLost()) listener();
      canvas.addEventListener('webglcontextlost', listener);
      return () => canvas.removeEventListener('webglcontextlost', listener);
    },
  }),
);

export { serve };
