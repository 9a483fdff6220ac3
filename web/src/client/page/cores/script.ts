/** The parts that do the work, for a classic script: functions, whose text runs in a worker too. */

import type { BackendName } from '../../constants.generated.js';
import type { Core } from '../../worker/core.js';
import { trustedScriptUrl } from '../trusted.js';
import type { CoreCode } from './index.js';

type Program = typeof KERASPORT_CORE;

// A worker that takes this script by importScripts() has no document, and does not say from where
// it took it: beside itself, is the guess.
const isPage = typeof document !== 'undefined';
const here = isPage ? (document.currentScript as HTMLScriptElement | null)?.src : location.href;
const local = new Map<BackendName, Promise<Core>>();

/** The script with one group of backends; those of the graphics processor are files of their own. */
export function coreCode(name: BackendName): CoreCode {
  return {
    async source() {
      return `{const{core,serve}=(${await program(name)})();serve(core)}`;
    },
    local() {
      const known = local.get(name) ?? program(name).then((start) => start().core);
      local.set(name, known);
      return known;
    },
  };
}

async function program(name: BackendName): Promise<Program> {
  if (name === 'wasm') return KERASPORT_CORE;
  const known = (): Program | undefined => Reflect.get(globalThis, 'kerasportCores')?.[name];
  if (!known()) await load(`kerasport-${name}.iife.js`);
  const found = known();
  if (!found) throw new Error(`kerasport-${name}.iife.js does not hold it`);
  return found;
}

async function load(file: string): Promise<void> {
  const missing = new Error(`${file} is not beside kerasport.iife.js`);
  if (!here) throw missing;
  if (!isPage) {
    try {
      Reflect.get(globalThis, 'importScripts')(new URL(file, here).href);
    } catch {
      throw missing;
    }
    return;
  }
  const script = document.createElement('script');
  script.src = trustedScriptUrl(new URL(file, here).href);
  await new Promise<void>((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(missing);
    document.head.append(script);
  }).finally(() => script.remove());
}
