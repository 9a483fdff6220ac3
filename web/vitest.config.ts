import { defineConfig } from 'vitest/config';
import { deflatedFiles } from './scripts/plugins.mjs';

export default defineConfig({
  plugins: [deflatedFiles()],
  // The tests lie outside this folder, where no node_modules is found.
  resolve: { dedupe: ['vitest', '@tensorflow/tfjs-core'] },
  test: { dir: '../tests/web' },
});
