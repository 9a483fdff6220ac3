import { afterEach, describe, expect, test, vi } from 'vitest';
import { openFolder, readRequired, readVerified } from '../../web/src/client/bundle/folder.js';
import { embed, removeEmbedded, sha256Of } from './tiny-bundle.js';

const BYTES = Uint8Array.of(1, 2, 3, 4, 5);
const LISTED = [{ path: 'a.bin', bytes: BYTES.length, sha256: sha256Of(BYTES) }];

afterEach(() => {
  removeEmbedded();
  vi.unstubAllGlobals();
});

describe('the model embedded in the page', () => {
  test('is read in one piece, however many it travelled in', async () => {
    embed('digits', { 'a.bin': BYTES });

    expect(await openFolder().read('a.bin')).toEqual(BYTES);
  });

  test('is the last one, or the last one of a name', async () => {
    embed('first', { 'a.bin': Uint8Array.of(1) });
    embed('second', { 'a.bin': Uint8Array.of(2) });

    expect(await openFolder().read('a.bin')).toEqual(Uint8Array.of(2));
    expect(await openFolder({ embedded: 'first' }).read('a.bin')).toEqual(Uint8Array.of(1));
  });

  test('is missed by a message that says how to get one', () => {
    expect(() => openFolder()).toThrow(
      expect.objectContaining({
        code: 'bundle-missing',
        message: expect.stringContaining('Export a model'),
      }),
    );
  });

  test('is missed by name with the names that are there', () => {
    embed('cats', {});

    expect(() => openFolder({ embedded: 'dogs' })).toThrow('found: "cats"');
  });
});

describe('a folder behind a URL', () => {
  test.each(['https://example.org/model', 'https://example.org/model/'])('%s', async (url) => {
    const fetched = vi.fn(async () => new Response(BYTES));
    vi.stubGlobal('fetch', fetched);

    expect(await openFolder(url).read('samples/a.bin')).toEqual(BYTES);
    expect(String(fetched.mock.calls[0]?.at(0))).toBe('https://example.org/model/samples/a.bin');
  });

  test.each([
    ['is not there', async () => new Response('', { status: 404 })],
    ['is answered by an error', async () => new Response('', { status: 500 })],
    ['cannot be reached', () => Promise.reject(new TypeError('Failed to fetch'))],
  ])('whose file %s is reported missing', async (_, answer) => {
    vi.stubGlobal('fetch', answer);

    await expect(readRequired(openFolder('https://example.org/m'), 'a.bin')).rejects.toMatchObject({
      code: 'bundle-missing',
    });
  });

  test('stops when it is told to', async () => {
    vi.stubGlobal('fetch', (_: URL, { signal }: RequestInit) => Promise.reject(signal?.reason));
    const folder = openFolder('https://example.org/m');

    await expect(folder.read('a.bin', AbortSignal.abort())).rejects.toHaveProperty(
      'name',
      'AbortError',
    );
  });
});

describe('picked files', () => {
  const file = (path: string, content: Uint8Array) => {
    const picked = new File([content as Uint8Array<ArrayBuffer>], path.split('/').at(-1) ?? '');
    return Object.defineProperty(picked, 'webkitRelativePath', { value: path });
  };

  test('of a folder are found relative to its metadata.json', async () => {
    const folder = openFolder({
      files: [
        file('web/model/old/metadata.json', Uint8Array.of(9)),
        file('web/model/metadata.json', Uint8Array.of(1)),
        file('web/model/samples/01.png', BYTES),
      ],
    });

    expect(await folder.read('metadata.json')).toEqual(Uint8Array.of(1));
    expect(await folder.read('samples/01.png')).toEqual(BYTES);
    expect(await folder.read('samples/02.png')).toBeUndefined();
  });

  test('picked one by one are found by name', async () => {
    const files = [new File(['{}'], 'metadata.json'), new File([BYTES], '01.png')];

    expect(await openFolder({ files }).read('samples/01.png')).toEqual(BYTES);
  });
});

describe('what metadata.json says about a file is checked', () => {
  test('the right bytes pass', async () => {
    embed('m', { 'a.bin': BYTES });

    expect(await readVerified(openFolder(), 'a.bin', LISTED)).toEqual(BYTES);
  });

  test.each([
    ['cut short', BYTES.slice(1), 'has 4 bytes. Expected 5'],
    ['changed', Uint8Array.of(1, 2, 3, 4, 6), 'SHA-256'],
  ])('a file that was %s is named', async (_, bytes, message) => {
    embed('m', { 'a.bin': bytes });

    await expect(readVerified(openFolder(), 'a.bin', LISTED)).rejects.toMatchObject({
      code: 'bundle-damaged',
      message: expect.stringMatching(new RegExp(`'a\\.bin' .*${message}`)),
    });
  });

  test('a file that is not listed is not read', async () => {
    embed('m', { 'b.bin': BYTES });

    await expect(readVerified(openFolder(), 'b.bin', LISTED)).rejects.toMatchObject({
      code: 'bundle-damaged',
    });
  });
});
