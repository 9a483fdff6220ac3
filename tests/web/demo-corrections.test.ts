/** The demo page's corrections: hashes, archive, table, marks that stay, and the menu's search. */

import { createHash } from 'node:crypto';
import { crc32 as nodeCrc32 } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';
import { archives } from '../../web/src/demo/corrections/archive.js';
import { cellOf, namesOf, unmistakable } from '../../web/src/demo/corrections/cell.js';
import { crc32, fingerprintOf, hex, sha256 } from '../../web/src/demo/corrections/fingerprint.js';
import { browserShelf, type Kept, type Shelf } from '../../web/src/demo/corrections/kept.js';
import { Marks } from '../../web/src/demo/corrections/marks.js';
import { digitsChoose, fitting, orderOf } from '../../web/src/demo/corrections/search.js';
import { tableText } from '../../web/src/demo/corrections/table.js';
import { zipOf } from '../../web/src/demo/corrections/zip.js';

afterEach(() => vi.unstubAllGlobals());

const NONE = { verdict: 'none', label: '' } as const;
const BAD = { verdict: 'bad', label: '' } as const;
const dog = { verdict: 'label', label: 'dog' } as const;

/** A file of that text, and what it is called. */
function picture(text: string, path = 'a.png') {
  return { file: new File([text], path.split('/').at(-1) ?? ''), path };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A shelf that lasts as long as the map. */
function shelf(kept = new Map<string, Kept>()): Shelf {
  return {
    all: () => new Map(kept),
    put: (content, mark) => void kept.set(content, mark),
    take: (content) => void kept.delete(content),
  };
}

function marksOn(kept?: Map<string, Kept>): Marks {
  return new Marks(shelf(kept), () => {});
}

test('the hash of our own is SHA-256, at every length around a block', () => {
  for (const length of [0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 70_001]) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 255);
    const part = new Uint8Array([9, ...bytes]).subarray(1);
    expect(hex(sha256(part)), String(length)).toBe(
      createHash('sha256').update(bytes).digest('hex'),
    );
  }
});

test('a page without crypto.subtle names a file as one with it', async () => {
  const file = new Blob(['abc'.repeat(100)]);
  const secure = await fingerprintOf(file);
  vi.stubGlobal('crypto', {});
  const plain = await fingerprintOf(file);

  expect(plain).toEqual(secure);
  expect(plain.content).toBe(hashOf('abc'.repeat(100)));
});

test.runIf(nodeCrc32)('the checksum is the one of ZIP', () => {
  for (const text of ['', '123456789', 'é'.repeat(3000)]) {
    const bytes = new TextEncoder().encode(text);
    expect(crc32(bytes)).toBe(nodeCrc32(bytes));
  }
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});

test('an archive is the bytes that the format asks for', async () => {
  const data = new Blob(['hi']);
  const crc = crc32(new TextEncoder().encode('hi'));
  const zip = zipOf([{ name: 'é', data, crc }], new Date(2024, 1, 3, 4, 5, 6));
  const bytes = Buffer.from(await zip.arrayBuffer());

  expect(bytes.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
  expect(bytes.readUInt16LE(6)).toBe(0x0800);
  expect(bytes.readUInt16LE(8)).toBe(0);
  expect(bytes.readUInt16LE(10)).toBe((4 << 11) | (5 << 5) | 3);
  expect(bytes.readUInt16LE(12)).toBe((44 << 9) | (2 << 5) | 3);
  expect(bytes.readUInt32LE(14)).toBe(crc);
  expect(bytes.subarray(30, 34).toString()).toBe('éhi');
  expect(bytes.readUInt32LE(bytes.length - 22)).toBe(0x06054b50);
  expect(bytes.readUInt32LE(bytes.length - 6)).toBe(34);
  expect(bytes.length).toBe(34 + 46 + 2 + 22);
});

test('cells are quoted where they must be, and names that look like formulas get an apostrophe', () => {
  const line = {
    content: 'ab',
    file: 'a, "b".png',
    given: '=1+1',
    label: ' x\ny',
    verdict: 'label',
  };
  expect(tableText([{ ...line, verdict: 'label' }])).toBe(
    'content,file,given,label,verdict\r\nab,"a, ""b"".png",\'=1+1," x\ny",label\r\n',
  );
});

test('what a line tells apart from a formula, a separator or a space is quoted or marked', () => {
  const cell = (label: string) =>
    tableText([{ content: 'ab', file: 'f', given: 'g', label, verdict: 'label' }])
      .split('\r\n')
      .slice(1, -1)
      .join('\r\n')
      .slice('ab,f,g,'.length, -',label'.length);

  expect(['-1', '+a', '@a', "'=a", "it's", 'a;b', 'a\tb', 'a=1'].map(cell)).toEqual([
    "'-1",
    "'+a",
    "'@a",
    "''=a",
    "it's",
    '"a;b"',
    '"a\tb"',
    'a=1',
  ]);
});

test('a mark is of a content: copies have it, and others of the same size do not', async () => {
  const marks = marksOn();
  const [one, copy, other] = [
    picture('same', 'a/1.png'),
    picture('same', 'b/2.png'),
    picture('else'),
  ];
  await marks.know([one, copy, other]);
  await marks.mark(one, dog, 'cat');
  await vi.waitFor(() => expect(marks.of(copy.file)).toMatchObject(dog));

  expect(marks.of(other.file)).toBeUndefined();
  expect(marks.count).toBe(1);
  expect(marks.corrections()).toMatchObject([
    { content: hashOf('same'), file: 'a/1.png', given: 'cat', ...dog },
  ]);
});

test('marks are taken back one by one, and all that were discarded at once', async () => {
  const marks = marksOn();
  const [one, two] = [picture('one'), picture('two')];
  // Not waited for: they come in the order in which they were asked for.
  void marks.mark(one, dog, '');
  void marks.mark(one, NONE, '');
  await marks.mark(two, BAD, '');
  await marks.discard();
  expect(marks.count).toBe(0);

  expect(await marks.undo()).toBeUndefined();
  expect([marks.of(one.file), marks.of(two.file)]).toMatchObject([NONE, BAD]);
  expect(await marks.undo()).toMatchObject({ path: two.path });
  expect(marks.of(two.file)).toBeUndefined();
  await marks.undo();
  expect(marks.of(one.file)).toMatchObject(dog);
  await marks.undo();
  expect([marks.of(one.file), marks.canUndo]).toEqual([undefined, false]);
});

test('after a reload marks wait for their pictures, and only those are saved', async () => {
  const kept = new Map<string, Kept>();
  const before = marksOn(kept);
  await before.mark(picture('one'), dog, 'cat');
  await before.mark(picture('another'), NONE, 'cat');

  const after = marksOn(kept);
  expect([after.count, after.corrections()]).toEqual([0, []]);
  const again = picture('one', 'elsewhere/b.png');
  await after.know([picture('two'), again]);

  expect(after.of(again.file)).toMatchObject(dog);
  expect(after.corrections()).toMatchObject([{ file: 'elsewhere/b.png', given: 'cat' }]);
  expect(kept.size).toBe(2);
});

test('a picture that cannot be read any more is said to be so, and changes nothing', async () => {
  const marks = marksOn();
  const gone = picture('x');
  gone.file.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'));

  await expect(marks.mark(gone, dog, '')).rejects.toThrow();
  await marks.mark(picture('y'), dog, '');
  expect(marks.count).toBe(1);
});

test('what is kept is checked, and a browser that refuses to keep anything is no trouble', () => {
  const entries: Record<string, string> = {
    'p:a': '{"verdict":"label","label":"dog","given":"cat","size":3}',
    'p:b': '{"verdict":"label","label":"a class of another model","size":3}',
    'p:c': 'no JSON',
    'p:d': 'null',
    'p:e': '{"verdict":"perhaps","size":3}',
    'q:f': '{"verdict":"none","size":3}',
  };
  vi.stubGlobal('localStorage', { ...entries, getItem: (key: string) => entries[key] });
  expect([...browserShelf('p:', ['dog']).all().keys()]).toEqual(['a']);

  vi.stubGlobal('localStorage', undefined);
  const refused = browserShelf('p:', ['dog']);
  refused.put('a', { ...dog, given: '', size: 1 });
  refused.take('a');
  expect(refused.all().size).toBe(0);
});

test('names in an archive are such that every system takes, and look like what they are', async () => {
  const marks = marksOn();
  const names = ['a:b?.png', 'x\u202egnp.exe', 'dots. . .', 'a\\b\u0000.png', 'lone\ud800.png'];
  for (const [index, name] of names.entries())
    await marks.mark(picture(`${index}${index}${index}${index}`, name), BAD, '');
  const { files } = await archives(marks.corrections());
  const text = await files[0].content.text();

  // The list of what is in it ends each entry with the name.
  const found = text
    .split('PK\u0001\u0002')
    .map((entry) => entry.split('PK\u0005\u0006')[0].split(/pictures\/[0-9a-f]{16}-/)[1])
    .slice(2);
  expect(found).toEqual(['a_b_.png', 'x_gnp.exe', 'dots', 'a_b_.png', 'lone_.png']);
});

test('large sets are saved in several archives, each with the lines of its pictures', async () => {
  const marks = marksOn();
  for (const text of ['1111', '2222', '3333'])
    await marks.mark(picture(text, `${text}.png`), BAD, '');
  const { files, unreadable } = await archives(marks.corrections(), 8);
  const texts = await Promise.all(files.map(({ content }) => content.text()));

  expect(files.map(({ name }) => name)).toEqual(['corrections-1.zip', 'corrections-2.zip']);
  expect(texts.map((text) => text.match(/,bad\r\n/g)?.length)).toEqual([2, 1]);
  expect(texts[1]).toContain(`pictures/${hashOf('3333').slice(0, 16)}-3333.png`);
  expect(unreadable).toBe(0);
});

test('a picture that is gone by then is left out of the archive, not its line', async () => {
  const marks = marksOn();
  const gone = picture('gone');
  await marks.mark(gone, NONE, '');
  gone.file.slice = () => {
    throw new DOMException('gone', 'NotReadableError');
  };
  const { files, unreadable } = await archives(marks.corrections());

  expect(unreadable).toBe(1);
  expect(await files[0].content.text()).toMatch(/none\r\n/);
  expect(await files[0].content.text()).not.toContain('pictures/');
});

test('typing finds classes: whole names, then beginnings, then parts, without accents', () => {
  const names = ['hot dog', 'Dogfish', 'café', 'dog'];
  const order = [0, 1, 2, 3];
  expect(fitting('DOG', names, order)).toEqual([3, 1, 0]);
  expect(fitting(' cafe', names, order)).toEqual([2]);
  expect(fitting('', names, [2, 0])).toEqual([2, 0]);
  expect(fitting('bird', names, order)).toEqual([]);
});

test('digits choose unless names have some, and of many classes the most probable are first', () => {
  expect(digitsChoose(['cat', 'dog'])).toBe(true);
  expect(digitsChoose(['0', '1'])).toBe(false);
  expect(orderOf(3, [0.1, 0.2, 0.7])).toEqual([0, 1, 2]);
  const many = Float32Array.from({ length: 10 }, (_, at) => at);
  expect(orderOf(10, many)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
});

test.each([
  [['dog'], 'dog'],
  [['dog', 'sun'], 'dog|sun'],
  [['a|b', 'dog'], '["a|b","dog"]'],
  [['a|b'], '["a|b"]'],
  [['[x]'], '["[x]"]'],
  [[' dog'], '[" dog"]'],
  [[], ''],
])('labels %j are the cell %s, and come out of it again', (names, cell) => {
  expect(cellOf(names)).toBe(cell);
  expect(namesOf(cell)).toEqual(names);
});

test('names whose cell is itself a name leave as a list, which Python takes for none', () => {
  const known = ['a', 'b', 'a|b', 'sun'];
  expect(unmistakable(cellOf(['a', 'b']), known)).toBe('["a","b"]');
  expect(unmistakable(cellOf(['a|b']), known)).toBe('["a|b"]');
  expect(unmistakable(cellOf(['a', 'sun']), known)).toBe('a|sun');
  expect(unmistakable('sun', known)).toBe('sun');
});

test('what is no list of names is a name', () => {
  expect(namesOf('[x')).toEqual(['[x']);
  expect(namesOf('["a", 1]')).toEqual(['a']);
});

test('kept labels are those of the model, every one', () => {
  const stored = new Map<string, string>();
  vi.stubGlobal(
    'localStorage',
    new Proxy(
      {
        getItem: (key: string) => stored.get(key) ?? null,
        setItem: (key: string, value: string) => void stored.set(key, value),
      },
      { ownKeys: () => [...stored.keys()], getOwnPropertyDescriptor: () => OWN },
    ),
  );
  const known = browserShelf('p:', ['dog', 'sun', 'a|b']);
  for (const [content, label] of Object.entries({
    a: 'dog|sun',
    b: 'dog|cat',
    c: '["a|b","dog"]',
  })) {
    known.put(content, { verdict: 'label', label, given: '', size: 1 });
  }

  expect([...known.all().keys()]).toEqual(['a', 'c']);
});

const OWN = { configurable: true, enumerable: true };
