/** What the demo page makes of a dropped folder, held to the table that Python is held to. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rowsOf } from '../../web/src/demo/many/rows.js';
import { IGNORED_NAMES, picturesIn } from '../../web/src/demo/ways/dropped.js';

interface FolderCase {
  readonly name: string;
  readonly root: string;
  readonly classes: string[];
  readonly files: string[];
  readonly truth: Record<string, string>;
}

const TABLE: { readonly ignored: string[]; readonly cases: FolderCase[] } = JSON.parse(
  readFileSync(new URL('../golden/folders.json', import.meta.url), 'utf8'),
);
const PICTURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

test.each(TABLE.cases)('$name: counted as by Python', async ({ root, classes, files, truth }) => {
  const picked = files.map((path) => ({
    file: new File([PICTURE], path.split('/').at(-1) ?? ''),
    path: `${root}/${path}`,
  }));

  const rows = rowsOf(await picturesIn(picked), classes);

  const found = rows.flatMap(({ path, truth: name }) =>
    name === null ? [] : [[path.slice(root.length + 1), name]],
  );
  expect(Object.fromEntries(found)).toEqual(truth);
});

test('the names that systems write are those of Python', () => {
  expect(IGNORED_NAMES).toEqual(TABLE.ignored);
});

test('several dropped class folders are the classes of what is in them', () => {
  const file = new File([], 'x.png');
  const paths = ['dog/cat/1.png', 'cat/2.png', 'other/3.png', '4.png'];

  const rows = rowsOf(
    paths.map((path) => ({ file, path })),
    ['cat', 'dog'],
  );

  expect(rows.map(({ truth }) => truth)).toEqual(['dog', 'cat', null, null]);
});

test('a file is no picture by its folder: neither text nor what only begins like a film', async () => {
  const picked = ['a.txt', 'b', 'c.avi'].map((name) => ({
    file: new File(['RIFF....AVI LIST'], name),
    path: `data/cat/${name}`,
  }));

  expect(await picturesIn(picked)).toEqual([]);
});
