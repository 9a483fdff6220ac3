/** The engine's two binaries: which one this device runs, and how it is started. */

import { deflated, lengths } from 'kerasport:kernels';
import { messageOf } from '../errors.js';
import { streamOf } from '../pictures/bytes.js';

/** With multiply-adds in one step (relaxed SIMD), or with what every browser has had since 2021. */
export type BinaryName = 'plain' | 'relaxed';

/** Computes on numbers in the engine's memory, at byte addresses. */
export type Kernel = (...parameters: number[]) => void;

/** The kernels of one binary, on a memory of their own. */
export interface Kernels {
  readonly binary: BinaryName;
  readonly memory: WebAssembly.Memory;
  readonly functions: Readonly<Record<string, Kernel>>;
}

/** Compiled binaries: the products, and what stands beside them. */
interface Compiled {
  readonly name: BinaryName;
  readonly modules: readonly WebAssembly.Module[];
}

type Binaries = Readonly<Record<BinaryName | 'common' | 'probe', ArrayBuffer>>;

let inflated: Promise<Binaries> | undefined;
let chosen: Promise<Compiled> | undefined;

/**
 * Starts the kernels.
 *
 * @param bytes - size of the memory, which never grows.
 * @param binary - the better one where it is not said.
 * @throws where this browser, or the page's Content-Security-Policy, has no WebAssembly with vectors, or
 *   where it does not give so much memory.
 */
export async function startKernels(bytes: number, binary?: BinaryName): Promise<Kernels> {
  const { name, modules } = await (binary ? compile(binary) : best());
  const memory = reserved(bytes);
  const instances = await Promise.all(
    modules.map((module) => WebAssembly.instantiate(module, { env: { memory } })),
  );
  const functions = Object.assign({}, ...instances.map(({ exports }) => exports));
  return { binary: name, memory, functions };
}

function reserved(bytes: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / 2 ** 16)) });
  } catch (error) {
    throw new Error(
      `The model needs ${bytes.toLocaleString('en-US')} bytes on the engine, which this device does ` +
        `not give (${messageOf(error)}).`,
      { cause: error },
    );
  }
}

/** Compiles the better binary before there is a model. */
export function best(): Promise<Compiled> {
  chosen ??= bestBinary().then(compile);
  return chosen;
}

/** Relaxed SIMD is the better one where its multiply-add rounds once: elsewhere it is no faster. */
async function bestBinary(): Promise<BinaryName> {
  const { probe } = await binaries();
  if (!WebAssembly.validate(probe)) return 'plain';
  const { instance } = await WebAssembly.instantiate(probe);
  return (instance.exports.isFused as () => number)() ? 'relaxed' : 'plain';
}

async function compile(name: BinaryName): Promise<Compiled> {
  const { [name]: products, common } = await binaries();
  if (![products, common].every((binary) => WebAssembly.validate(binary))) {
    throw new Error('this browser has no WebAssembly SIMD');
  }
  const modules = await Promise.all([products, common].map((each) => WebAssembly.compile(each)));
  return { name, modules };
}

function binaries(): Promise<Binaries> {
  inflated ??= inflate();
  return inflated;
}

async function inflate(): Promise<Binaries> {
  const bytes = Uint8Array.from(atob(deflated), (character) => character.charCodeAt(0));
  const stream = streamOf(bytes).pipeThrough(new DecompressionStream('deflate-raw'));
  const all = await new Response(stream).arrayBuffer();
  let end = 0;
  const [plain, relaxed, common, probe] = lengths.map((length) => {
    end += length;
    return all.slice(end - length, end);
  });
  return { plain, relaxed, common, probe };
}
