/** The engine's two binaries: which one this device runs, and how it is started. */

import { deflated, lengths } from 'kerasport:kernels';
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

/**
 * `() => relaxed_madd(1 + 2^-12, 1 - 2^-12, -1)`: -2^-24 where it is rounded once, 0 where the
 * product is rounded first. Only the first is worth another binary.
 */
const PROBE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // type: () -> f32; function 0 of it; export "f"
  ...[1, 5, 1, 0x60, 0, 1, 0x7d, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0],
  // code: 1 function of 27 bytes, no locals
  ...[10, 29, 1, 27, 0],
  ...[0x43, 0x00, 0x08, 0x80, 0x3f, 0xfd, 0x13],
  ...[0x43, 0x00, 0xf0, 0x7f, 0x3f, 0xfd, 0x13],
  ...[0x43, 0x00, 0x00, 0x80, 0xbf, 0xfd, 0x13],
  ...[0xfd, 0x85, 0x02, 0xfd, 0x1f, 0, 0x0b],
);

/** Compiled binaries: the products, and what stands beside them. */
interface Compiled {
  readonly name: BinaryName;
  readonly modules: readonly WebAssembly.Module[];
}

let chosen: Promise<Compiled> | undefined;

/** Which binary is the better one here. */
export async function bestBinary(): Promise<BinaryName> {
  if (!WebAssembly.validate(PROBE)) return 'plain';
  const { instance } = await WebAssembly.instantiate(PROBE);
  return (instance.exports.f as () => number)() === 0 ? 'plain' : 'relaxed';
}

/**
 * Starts the kernels.
 *
 * @param bytes - size of the memory, which never grows.
 * @param binary - the better one where it is not said.
 * @throws where this browser, or the page's Content-Security-Policy, has no WebAssembly with vectors.
 */
export async function startKernels(bytes: number, binary?: BinaryName): Promise<Kernels> {
  const { name, modules } = await (binary ? compile(binary) : best());
  const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(bytes / 2 ** 16)) });
  const instances = await Promise.all(
    modules.map((module) => WebAssembly.instantiate(module, { env: { memory } })),
  );
  const functions = Object.assign({}, ...instances.map(({ exports }) => exports));
  return { binary: name, memory, functions };
}

/** Compiles the better binary before there is a model. */
export function best(): Promise<Compiled> {
  chosen ??= bestBinary().then(compile);
  return chosen;
}

async function compile(name: BinaryName): Promise<Compiled> {
  const bytes = Uint8Array.from(atob(deflated), (character) => character.charCodeAt(0));
  const stream = streamOf(bytes).pipeThrough(new DecompressionStream('deflate-raw'));
  const all = await new Response(stream).arrayBuffer();
  const [plain, relaxed] = lengths;
  const products = name === 'plain' ? all.slice(0, plain) : all.slice(plain, plain + relaxed);
  const binaries = [products, all.slice(plain + relaxed)];
  if (!binaries.every((binary) => WebAssembly.validate(binary))) {
    throw new Error('this browser has no WebAssembly SIMD');
  }
  return { name, modules: await Promise.all(binaries.map((each) => WebAssembly.compile(each))) };
}
