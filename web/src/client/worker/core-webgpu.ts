/** The core for WebGPU. */

import '@tensorflow/tfjs-backend-webgpu';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { engine } from '@tensorflow/tfjs-core';
import { loaderOn } from '../tensorflow/backend-model.js';
import { coreWith } from './core.js';
import { serve } from './serve.js';

type Device = WebGPUBackend['device'];

/** Tells of the loss of one device. Its promise is asked once, however many listen. */
class Loss {
  static readonly #known = new WeakMap<Device, Loss>();
  readonly #listeners = new Set<() => void>();
  #isLost = false;

  static of(device: Device): Loss {
    const known = Loss.#known.get(device) ?? new Loss(device);
    Loss.#known.set(device, known);
    return known;
  }

  private constructor(device: Device) {
    device.lost.then(() => {
      this.#isLost = true;
      for (const listener of this.#listeners) listener();
    });
  }

  listen(listener: () => void): () => void {
    if (this.#isLost) listener();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** See {@link coreWith}. */
export const core = coreWith(
  'webgpu',
  loaderOn('webgpu', {
    async start() {
      if (!(await globalThis.navigator?.gpu?.requestAdapter()))
        throw new Error('this device has no WebGPU');
    },
    onLost: (listener) =>
      Loss.of((engine().registry.webgpu as WebGPUBackend).device).listen(listener),
  }),
);

export { serve };
