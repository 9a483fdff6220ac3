/**
 * Where the parts that do the work are found. This one is for the tests: the module itself, in the
 * same thread. The build puts another one in its place (`script.ts`, `module.ts`).
 */

import type { BackendName } from '../../constants.generated.js';
import type { Core } from '../../worker/core.js';

/** One of the scripts that do the work. */
export interface CoreCode {
  /** The text of a program for a worker; undefined where there is none. */
  readonly source?: () => Promise<string>;
  /** Runs it in this thread. */
  local(): Promise<Core>;
}

/** The script with one group of backends. */
export function coreCode(name: BackendName): CoreCode {
  return {
    async local() {
      if (name === 'wasm') return (await import('../../worker/core-wasm.js')).core;
      if (name === 'cpu') return (await import('../../worker/core-cpu.js')).core;
      throw new Error('it runs in a browser only');
    },
  };
}
