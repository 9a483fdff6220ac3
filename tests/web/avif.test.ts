import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readPictureFile } from '../../web/src/client/pictures/index.js';

interface Row {
  file: string;
  bytes?: string;
  refusal?: string;
  width: number;
  height: number;
  orientation: number;
  content: string;
}

const golden = new URL('../golden/', import.meta.url);
const table: Row[] = JSON.parse(readFileSync(new URL('avif.json', golden), 'utf8')).files;

function read({ file, bytes }: Row): object {
  const stored = bytes
    ? Buffer.from(bytes, 'base64')
    : readFileSync(new URL(`avif/${file}`, golden));
  try {
    const { width, height, orientation, content } = readPictureFile(new Uint8Array(stored));
    const digest = createHash('sha256').update(content).digest('hex');
    return { width, height, orientation, content: digest };
  } catch (error) {
    return { refusal: (error as Error).message };
  }
}

test.each(table)('$file is read or refused as in Python', ({ ...row }) => {
  expect(row).toMatchObject(read(row));
});

test('the table has what is read and what is refused, whole and damaged', () => {
  const kinds = new Set(table.map(({ bytes, refusal }) => `${!bytes} ${!refusal}`));

  expect(kinds.size).toBe(4);
});
