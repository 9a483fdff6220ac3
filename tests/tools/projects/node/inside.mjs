import './module.mjs';

globalThis.close?.();
