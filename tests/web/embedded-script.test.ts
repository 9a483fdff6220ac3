/** Frozen `model.js` files, run as a page runs them and read by the client. */

import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { readMetadata } from '../../web/src/client/bundle/metadata.js';
import { openFolder } from '../../web/src/client/bundle/source.js';
import { readVerified } from '../../web/src/client/bundle/verified.js';
import { SCHEMA_FILE } from '../../web/src/client/constants.generated.js';
import { removeEmbedded } from './tiny-bundle.js';

const golden = (path: string) => readFileSync(new URL(`../golden/${path}`, import.meta.url));
const utf16 = (bytes: Uint8Array) => new TextDecoder('utf-16le').decode(bytes);
// The first one decodes each piece at once, the others when it is read.
const SCRIPT = utf16(golden('model-utf16.js'));
const LATE = utf16(golden('model-utf16-late.js'));
const IN_COMMENTS = utf16(golden('model-utf16-comments.js'));

afterEach(() => {
  removeEmbedded();
  Reflect.deleteProperty(globalThis, 'kerasportBundle');
});

test('a script in base64, as the first release wrote it, is read for ever', async () => {
  runInThisContext(golden('bundle-v1/model.js').toString('utf8'));
  const folder = openFolder({ embedded: 'frozen' });
  const metadata = readMetadata((await folder.read('metadata.json')) as Uint8Array, '4.22.0');

  for (const { path } of metadata.files.filter(({ path }) => path !== SCHEMA_FILE)) {
    const bytes = await readVerified(folder, path, metadata.files);
    expect(Buffer.compare(bytes, golden(`bundle-v1/${path}`)), path).toBe(0);
  }
});

describe.each([
  ['in UTF-16', SCRIPT],
  ['in UTF-16 that decodes late', LATE],
  ['in UTF-16 in comments', IN_COMMENTS],
])('a script %s', (_, script) => {
  test('gives every pair of bytes back', async () => {
    runInThisContext(script);
    const pairs = Uint16Array.from({ length: 1 << 16 }, (_, value) => value);

    const found = await openFolder({ embedded: 'frozen' }).read('all.bin');

    expect(Buffer.compare(found as Uint8Array, new Uint8Array(pairs.buffer, 1))).toBe(0);
  });

  test('gives the files of the folder back', async () => {
    runInThisContext(script);

    for (const path of ['metadata.json', 'model.json']) {
      const found = await openFolder({ embedded: 'frozen' }).read(path);
      expect(Buffer.compare(found as Uint8Array, golden(`bundle-v1/${path}`)), path).toBe(0);
    }
  });
});

describe('a script in UTF-16', () => {
  test.each([
    ['more than it holds', 'kerasportBundle("a.bin", 4, "\\u0001")'],
    ['far more than memory', 'kerasportBundle("a.bin", 1e15, "\\u0001")'],
    ['less than it holds', 'kerasportBundle("a.bin", 2, "\\u0001\\u0001")'],
    ['a negative number', 'kerasportBundle("a.bin", -2, "\\u0001")'],
    ['no number', 'kerasportBundle("a.bin", undefined, "\\u0001")'],
  ])('refuses a piece that declares %s', async (_, call) => {
    runInThisContext(SCRIPT);

    expect(() => runInThisContext(call)).toThrow("a piece of 'a.bin'");
    expect(await openFolder().read('a.bin')).toBeUndefined();

    runInThisContext(LATE);
    runInThisContext(call);

    for (const attempt of [openFolder().read('a.bin'), openFolder().read('a.bin')]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'bundle-damaged',
        message: expect.stringContaining("a piece of 'a.bin'"),
      });
    }
  });

  test.each(['model-utf16.js', 'model-utf16-comments.js'])(
    '%s read as UTF-8 stops at once',
    (file) => {
      expect(() => runInThisContext(golden(file).toString('utf8'))).toThrow(SyntaxError);
    },
  );
});

describe('a script in comments', () => {
  test.each([
    ['more than it holds', 'kerasportBundle("a.bin", 4, function(){/*\u0001*/})'],
    ['far more than memory', 'kerasportBundle("a.bin", 1e15, function(){/*\u0001*/})'],
    ['less than it holds', 'kerasportBundle("a.bin", 2, function(){/*\u0001\u0001*/})'],
    ['a negative number', 'kerasportBundle("a.bin", -2, function(){/*\u0001*/})'],
    ['no number', 'kerasportBundle("a.bin", undefined, function(){/*\u0001*/})'],
    ['two bytes, its comment gone', 'kerasportBundle("a.bin", 2, function(){})'],
    ['two bytes, the function gone', 'kerasportBundle("a.bin", 2)'],
  ])('refuses a piece that declares %s', async (_, call) => {
    runInThisContext(IN_COMMENTS);
    runInThisContext(call);

    for (const attempt of [openFolder().read('a.bin'), openFolder().read('a.bin')]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'bundle-damaged',
        message: expect.stringContaining("a piece of 'a.bin'"),
      });
    }
    expect(() => Reflect.get(globalThis, 'kerasportBundles').at(-1).files.get('a.bin')[0]).toThrow(
      "a piece of 'a.bin'",
    );
  });

  test('gives earlier clients its pieces', () => {
    runInThisContext(IN_COMMENTS);
    const pairs = Uint16Array.from({ length: 1 << 16 }, (_, value) => value);

    const [piece] = Reflect.get(globalThis, 'kerasportBundles').at(-1).files.get('all.bin');

    expect(Buffer.compare(piece, new Uint8Array(pairs.buffer, 1))).toBe(0);
  });

  test('gives each reader memory of its own', async () => {
    runInThisContext(IN_COMMENTS);
    const [first, second] = [
      await openFolder().read('all.bin'),
      await openFolder().read('all.bin'),
    ];

    first?.fill(0);

    expect(first?.buffer.byteLength).toBe(first?.length);
    expect(second?.[1]).toBe(1);
  });
});
