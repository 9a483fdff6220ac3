import type { Plugin } from 'vite';

export const NO_NODE: Record<string, string>;
export function watFiles(): Plugin;
export function withoutNode(): Plugin;
export function usedKernels(): Plugin;
export function engineKernels(): Plugin;
