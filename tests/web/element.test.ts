/** The element where there are no elements: a server that renders a page imports it too. */

import { afterEach, expect, test, vi } from 'vitest';

const load = () => import('../../web/src/client/element.js');

afterEach(() => {
  vi.resetModules();
  Reflect.deleteProperty(globalThis, 'customElements');
});

test('importing it on a server defines nothing and breaks nothing', async () => {
  const { ImageClassifierElement } = await load();

  expect(ImageClassifierElement.observedAttributes).toContain('model');
});

test('the first one in a page keeps the name', async () => {
  const defined: string[] = [];
  Reflect.set(globalThis, 'customElements', {
    get: (name: string) => defined.includes(name) || undefined,
    define: (name: string) => void defined.push(name),
  });

  await load();
  vi.resetModules();
  await load();

  expect(defined).toEqual(['image-classifier']);
});
