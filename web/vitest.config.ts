import { defineConfig } from 'vitest/config';
import { engineKernels, watFiles } from './scripts/plugins.mjs';

// Node 20 knows the relaxed instructions, and asks to be told so.
const relaxed = process.version.startsWith('v20.') ? ['--experimental-wasm-relaxed-simd'] : [];

export default defineConfig({
  plugins: [watFiles(), engineKernels()],
  // The tests lie outside this folder, where no node_modules is found.
  resolve: { dedupe: ['vitest', 'fast-check', 'typescript', '@tensorflow/tfjs-core'] },
  test: {
    dir: '../tests/web',
    poolOptions: { forks: { execArgv: relaxed } },
  },
});
