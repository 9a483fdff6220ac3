import { defineConfig } from 'vitest/config';
import { deflatedFiles, watFiles } from './scripts/plugins.mjs';

export default defineConfig({
  plugins: [deflatedFiles(), watFiles()],
  // The tests lie outside this folder, where no node_modules is found.
  resolve: { dedupe: ['vitest', 'fast-check', 'typescript', '@tensorflow/tfjs-core'] },
  test: { dir: '../tests/web' },
});
