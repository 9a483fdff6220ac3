import { afterEach, describe, expect, test, vi } from 'vitest';
import { openFolder } from '../../web/src/client/bundle/source.js';
import { readRequired, readVerified } from '../../web/src/client/bundle/verified.js';
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

  test.each([
    ['a folder of it', 'model/', 'https://example.org/shop/model/a.bin'],
    ['its model.json', 'model/model.json', 'https://example.org/shop/model/a.bin'],
    ['its metadata.json', './model/metadata.json', 'https://example.org/shop/model/a.bin'],
    ['a query', '/model?v=3', 'https://example.org/model/a.bin?v=3'],
    ['a URL', new URL('https://example.net/m'), 'https://example.net/m/a.bin'],
  ])('is found by %s, seen from the base of the document', async (_, address, expected) => {
    const fetched = vi.fn(async () => new Response(BYTES));
    vi.stubGlobal('fetch', fetched);
    vi.stubGlobal('document', { baseURI: 'https://example.org/shop/' });
    vi.stubGlobal('location', new URL('https://example.org/shop/products/42'));

    await openFolder(address).read('a.bin');

    expect(String(fetched.mock.calls[0]?.at(0))).toBe(expected);
  });

  test('is read by a fetch that was given', async () => {
    const fetched = vi.fn(async () => new Response(BYTES));

    expect(await openFolder('https://example.org/m', fetched).read('a.bin')).toEqual(BYTES);
    expect(fetched).toHaveBeenCalledOnce();
  });

  test.each([
    [
      'a host that answers with its page',
      'https://a.org/',
      'https://a.org/m',
      'a page (text/html)',
    ],
    ['a server that allows no other site', 'https://a.org/', 'https://b.org/m', 'CORS'],
    ['its own server', 'https://a.org/', 'https://a.org/m', 'connect-src'],
    ['a page that was opened from a file', 'file:///x/', 'm', 'embed model.js'],
  ])('names the hindrance: %s', async (name, here, address, message) => {
    const isPage = name.startsWith('a host');
    vi.stubGlobal('location', new URL(here));
    // A worker of Deno or Bun has the address of a file, too; a page has a document.
    vi.stubGlobal('document', { baseURI: here });
    vi.stubGlobal('fetch', () =>
      isPage
        ? Promise.resolve(
            new Response('<!doctype html>', {
              headers: { 'content-type': 'text/html; charset=utf-8' },
            }),
          )
        : Promise.reject(new TypeError('Failed to fetch')),
    );

    await expect(openFolder(address).read('metadata.json')).rejects.toMatchObject({
      code: 'bundle-missing',
      message: expect.stringContaining(message),
    });
  });

  test('is not read further than a file is long', async () => {
    let isCancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => {
        isCancelled = true;
      },
    });
    vi.stubGlobal('fetch', async () => new Response(endless));

    const bytes = await openFolder('https://example.org/m').read('a.bin', { limit: 25 });

    expect([bytes?.length, isCancelled]).toEqual([30, true]);
  });

  test.each(['http://', 'https://exa mple.org/'])('is no address: %s', (address) => {
    expect(() => openFolder(address)).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  });

  test('stops when it is told to', async () => {
    vi.stubGlobal('fetch', (_: URL, { signal }: RequestInit) => Promise.reject(signal?.reason));
    const folder = openFolder('https://example.org/m');

    await expect(folder.read('a.bin', { signal: AbortSignal.abort() })).rejects.toHaveProperty(
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
