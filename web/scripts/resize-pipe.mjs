/**
 * Preprocesses what comes through standard input, so that a test in Python can compare: frames of
 * two uint32 lengths, JSON and pixels in; the result's bytes behind a uint32 length out.
 * `--scalar`: without WebAssembly.
 */

import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { watFiles } from './plugins.mjs';

const server = await createServer({
  root: fileURLToPath(new URL('..', import.meta.url)),
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  plugins: [watFiles()],
});
const [{ preprocess }, { resize }, { PixelRows }, { vectorKernel }] = await Promise.all(
  ['preprocess', 'resample', 'rows', 'kernel'].map((name) =>
    server.ssrLoadModule(`/src/client/preprocess/${name}.ts`),
  ),
);

const scalar = process.argv.includes('--scalar');
if (scalar) globalThis.WebAssembly = undefined;
if (!vectorKernel(1) !== scalar) throw new Error('This is not the kernel that was asked for.');

function answer({ spec, box, ...shape }, data) {
  const picture = { ...shape, data };
  if (!box) return preprocess(picture, spec).data;
  const source = new PixelRows(picture, spec.colorMode === 'grayscale', spec.background);
  return resize(source, { ...spec, box });
}

let pending = Buffer.alloc(0);
let chunks = [];
let have = 0;
let want = 8;
for await (const chunk of process.stdin) {
  chunks.push(chunk);
  have += chunk.length;
  if (have < want) continue;
  pending = Buffer.concat(chunks);
  for (;;) {
    want = 8;
    if (pending.length < want) break;
    const [text, pixels] = [pending.readUInt32LE(0), pending.readUInt32LE(4)];
    want += text + pixels;
    if (pending.length < want) break;
    const request = JSON.parse(pending.toString('utf8', 8, 8 + text));
    const result = answer(request, Uint8Array.from(pending.subarray(8 + text, want)));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(result.length);
    process.stdout.write(Buffer.concat([length, result]));
    pending = pending.subarray(want);
  }
  chunks = [pending];
  have = pending.length;
}
await server.close();
