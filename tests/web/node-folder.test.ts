/** A bundle on the disk, for programs that run in Node. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, expect, test } from 'vitest';
import { loadClassifier } from '../../web/src/client/index.js';
import { CLASS_NAMES, tinyBundle } from './tiny-bundle.js';

const folder = mkdtempSync(join(tmpdir(), 'a bundle 100% #1 '));
for (const [path, bytes] of Object.entries(tinyBundle())) writeFileSync(join(folder, path), bytes);

afterEach(() => Reflect.deleteProperty(globalThis, 'location'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['a path', folder],
  ['a path with its slash', `${folder}/`],
  ['a relative path', relative(process.cwd(), folder)],
  ['an address', pathToFileURL(folder).href],
  ['an address as a URL', pathToFileURL(`${folder}/`)],
])('a folder is found by %s', async (_, source) => {
  const classifier = await loadClassifier(source);

  expect(classifier.classNames).toEqual(CLASS_NAMES);
  classifier.dispose();
});

test.each([`${folder}-lost`, join(folder, 'model.json')])(
  'what is no folder with a bundle is missing: %#',
  async (source) => {
    await expect(loadClassifier(source)).rejects.toMatchObject({
      code: 'bundle-missing',
      message: expect.stringContaining(`There is no 'metadata.json' in ${source}.`),
    });
  },
);

test('an address of the network is fetched as ever', async () => {
  await expect(loadClassifier('http://127.0.0.1:1/model/')).rejects.toMatchObject({
    code: 'bundle-missing',
    message: expect.stringContaining('cannot be fetched from http://127.0.0.1:1/model/'),
  });
});

test.each([
  ['a program of Deno, which has the name without an address', undefined],
  ['a worker of Deno or Bun', new URL('file:///app/worker.js')],
])('in %s a path is one of the disk', async (_, location) => {
  Reflect.set(globalThis, 'location', location);

  await expect(loadClassifier(folder)).resolves.toHaveProperty('backend', 'wasm');
});

test('in a page that is opened from the disk a path is an address of the page', async () => {
  Reflect.set(globalThis, 'location', new URL('file:///shop/index.html'));
  Reflect.set(globalThis, 'document', { baseURI: 'file:///shop/index.html' });

  await expect(loadClassifier('model')).rejects.toMatchObject({
    message: expect.stringContaining('cannot be fetched from file:///shop/model/'),
  });
  Reflect.deleteProperty(globalThis, 'document');
});

test('in a page that Node simulates a path is an address of the page', async () => {
  Reflect.set(globalThis, 'location', new URL('http://127.0.0.1:1/shop/'));

  await expect(loadClassifier('model')).rejects.toMatchObject({
    message: expect.stringContaining('cannot be fetched from http://127.0.0.1:1/shop/model/'),
  });
  await expect(loadClassifier(pathToFileURL(folder))).resolves.toHaveProperty('backend', 'wasm');
});
