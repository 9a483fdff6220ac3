/** A model that was exported again under its old address, behind caches that keep old files. */

import { createHash } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { type Classifier, loadClassifier } from '../../web/src/client/index.js';
import { type Files, tinyBundle } from './tiny-bundle.js';

const HASHED = 'model.json';
const OLD = tinyBundle({ name: 'old' });
const NEW = renamed(tinyBundle({ name: 'new' }));

/** Another model.json of the same meaning, so that its hash is another. */
function renamed(files: Files): Files {
  const model = new TextEncoder().encode(`${new TextDecoder().decode(files[HASHED])}\n`);
  const metadata = JSON.parse(new TextDecoder().decode(files['metadata.json']));
  const entry = metadata.files.find(({ path }: { path: string }) => path === HASHED);
  entry.bytes = model.length;
  entry.sha256 = createHash('sha256').update(model).digest('hex');
  const bytes = new TextEncoder().encode(JSON.stringify(metadata));
  return { ...files, [HASHED]: model, 'metadata.json': bytes };
}

/** Answers from a cache that holds `cached`, unless it is passed by. */
function serve(cached: (path: string) => boolean, asked: string[] = []) {
  vi.stubGlobal('fetch', async (url: URL, { cache }: RequestInit) => {
    const path = url.pathname.replace('/model/', '');
    asked.push(`${cache ?? 'default'} ${path}`);
    const files = cache !== 'reload' && cached(path) ? OLD : NEW;
    return new Response(files[path] as Uint8Array<ArrayBuffer>);
  });
}

let classifier: Classifier | undefined;

afterEach(() => {
  classifier?.dispose();
  classifier = undefined;
  vi.unstubAllGlobals();
});

test.each([
  ['everything but metadata.json', (path: string) => path !== 'metadata.json', 'new'],
  ['metadata.json alone', (path: string) => path === 'metadata.json', 'new'],
  ['model.json alone', (path: string) => path === 'model.json', 'new'],
  ['everything', () => true, 'old'],
  ['nothing', () => false, 'new'],
])('a cache that keeps %s shows one of the two models whole', async (_, cached, name) => {
  serve(cached);

  classifier = await loadClassifier('https://example.org/model', { backend: 'cpu' });

  expect(classifier.metadata.name).toBe(name);
});

test('files that do not belong together on the server too are an error, after one more try', async () => {
  const asked: string[] = [];
  serve(() => false, asked);
  const broken: Files = { ...NEW, [HASHED]: OLD[HASHED] };
  vi.stubGlobal('fetch', async (url: URL, { cache }: RequestInit) => {
    const path = url.pathname.replace('/model/', '');
    asked.push(`${cache ?? 'default'} ${path}`);
    return new Response(broken[path] as Uint8Array<ArrayBuffer>);
  });

  await expect(
    loadClassifier('https://example.org/model', { backend: 'cpu' }),
  ).rejects.toMatchObject({
    code: 'bundle-damaged',
    message: expect.stringContaining('a cache on the way may hold a file of an earlier one'),
  });
  expect(asked).toEqual([
    'default metadata.json',
    'default model.json',
    'reload metadata.json',
    'reload model.json',
  ]);
});
