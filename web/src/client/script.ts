/**
 * The library as a classic script. `<script src="kerasport.iife.js" data-start-worker>` starts the
 * worker at once, for pages that are sure to load a model.
 */

import { startWorker } from './page/session.js';

export * from './index.js';

// In a worker there is no document.
const own = typeof document === 'undefined' ? null : document.currentScript;
if (own?.hasAttribute('data-start-worker')) startWorker();
