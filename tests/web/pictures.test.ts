import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readPictureFile } from '../../web/src/client/pictures/index.js';
import type { ImageSpec } from '../../web/src/client/preprocess/spec.js';
import { preprocessImage, readPixels } from '../../web/src/client/reading/image-source.js';

interface Case {
  file: string;
  spec: ImageSpec;
  expected: string;
}

const golden = new URL('../golden/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, golden));
const cases: Case[] = JSON.parse(read('pictures.json').toString()).cases;
const ours = cases.filter(({ file }) => /\.(png|bmp|gif)$/.test(file));
const png = () => new Uint8Array(read('pictures/rgb.png'));

describe('what is decoded here needs no browser', () => {
  test.each(ours)('$file as $spec.fit is what Python makes of it', async ({ file, ...wanted }) => {
    const picture = new File([new Uint8Array(read(`pictures/${file}`))], file);

    const { data } = await preprocessImage(picture, wanted.spec);

    expect(Buffer.from(data).equals(Buffer.from(wanted.expected, 'base64'))).toBe(true);
  });

  test('the kinds of PNG, BMP and GIF are all there', () => {
    expect(new Set(ours.map(({ file }) => file)).size).toBeGreaterThanOrEqual(27);
  });
});

test('the transparent index of a GIF is transparent', async () => {
  const picture = [
    ...Buffer.from('GIF89a'),
    ...[3, 0, 1, 0, 0x81, 0, 0, 10, 20, 30, 40, 50, 60, 0, 0, 0, 0, 0, 0],
    ...[0x21, 0xf9, 4, 1, 0, 0, 1, 0],
    ...[0x2c, 0, 0, 0, 0, 3, 0, 1, 0, 0],
    // Clear, 0, 1, 1 in three bits each, and the end in four.
    ...[2, 2, 0x44, 0x52, 0, 0x3b],
  ];

  const { data, channels } = await readPixels(new File([Uint8Array.from(picture)], 'x.gif'));

  expect(channels).toBe(4);
  expect([...data]).toEqual([10, 20, 30, 255, 40, 50, 60, 0, 40, 50, 60, 0]);
});

test.each(['photo-420.jpg', 'lossy.webp'])(
  '%s needs a browser, and says what to do without one',
  async (file) => {
    const picture = new File([new Uint8Array(read(`pictures/${file}`))], file);

    await expect(readPixels(picture)).rejects.toMatchObject({
      code: 'picture-unreadable',
      message: expect.stringMatching(
        /^'.+' cannot be read: it is a (JPEG|WEBP), which is .* there is none\. Decode it first/,
      ),
    });
  },
);

describe('a file is reduced to what decides its pixels', () => {
  test.each([
    ['profile.jpg', 'ICC_PROFILE'],
    ['orientation-6.jpg', 'Exif'],
    ['orientation-5.webp', 'EXIF'],
  ])('%s loses %s', (file, name) => {
    const bytes = read(`pictures/${file}`);

    const { content } = readPictureFile(new Uint8Array(bytes));

    expect(bytes.includes(name)).toBe(true);
    expect(Buffer.from(content).includes(name)).toBe(false);
  });

  test.each(['animation.gif', 'animation.webp'])('%s keeps one frame', (file) => {
    const bytes = new Uint8Array(read(`pictures/${file}`));

    expect(readPictureFile(bytes).content.length).toBeLessThan(bytes.length / 2);
  });
});

describe('damage', () => {
  test.each([
    ['a row with an unknown filter', (row: Uint8Array) => row.fill(9, 0, 1)],
    ['too few rows', (row: Uint8Array) => row.subarray(0, 20)],
  ])('%s is refused', async (_, damage) => {
    const { deflateSync, crc32 } = await import('node:zlib');
    const chunk = (kind: string, body: Uint8Array) => {
      const named = Buffer.concat([Buffer.from(kind), body]);
      const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
      length.writeUInt32BE(body.length);
      sum.writeUInt32BE(crc32(named));
      return Buffer.concat([length, named, sum]);
    };
    const rows = new Uint8Array(48 * (1 + 3 * 70));
    const content = Buffer.concat([
      png().subarray(0, 33),
      chunk('IDAT', deflateSync(damage(rows))),
      chunk('IEND', new Uint8Array(0)),
    ]);

    await expect(readPixels(new File([content], 'x.png'))).rejects.toMatchObject({
      code: 'picture-unreadable',
      message: expect.stringMatching(/^'x\.png' cannot be read: it is (damaged|incomplete)/),
    });
  });

  test('no length of a file is too short for a clear answer', () => {
    for (const file of ['rgb.png', 'photo-420.jpg', 'picture.gif', 'lossy.webp', 'picture.bmp']) {
      const bytes = new Uint8Array(read(`pictures/${file}`));
      for (let length = 0; length < 200; length++) {
        expect(() => readPictureFile(bytes.subarray(0, length))).toThrow(/Copy or|Save it/);
      }
    }
  });
});
