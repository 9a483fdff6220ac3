import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MAX_PIXELS } from '../../web/src/client/constants.generated.js';
import { luma } from '../../web/src/client/preprocess/compose.js';
import { cropBox, padLayout } from '../../web/src/client/preprocess/fit.js';
import { preprocess } from '../../web/src/client/preprocess/preprocess.js';
import type { ImageSpec } from '../../web/src/client/preprocess/spec.js';
import { preprocessImage } from '../../web/src/client/reading/image-source.js';

interface Vector {
  name: string;
  spec: ImageSpec;
  width: number;
  height: number;
  rgba: string;
  expected: string;
}

const file = new URL('../golden/preprocess-vectors.json', import.meta.url);
const vectors: Vector[] = JSON.parse(readFileSync(file, 'utf8')).cases;
const decode = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

function differences(received: Uint8Array, expected: Uint8Array): string[] {
  expect(received).toHaveLength(expected.length);
  return Array.from(
    received,
    (level, index) => `${index}: ${level}, not ${expected[index]}`,
  ).filter((_, index) => received[index] !== expected[index]);
}

const SPEC: ImageSpec = {
  height: 2,
  width: 2,
  colorMode: 'rgb',
  fit: 'stretch',
  resample: 'bilinear',
  background: [255, 255, 255],
};

describe('the vectors that Python is tested on', () => {
  test('cover every way of fitting, resampling and colouring', () => {
    for (const fit of ['stretch', 'crop', 'pad']) {
      for (const resample of ['nearest', 'bilinear', 'bicubic', 'lanczos']) {
        expect(vectors.some(({ spec }) => spec.fit === fit && spec.resample === resample)).toBe(
          true,
        );
      }
    }
    expect(new Set(vectors.map(({ spec }) => spec.colorMode))).toEqual(
      new Set(['rgb', 'grayscale']),
    );
  });

  test.each(vectors)('$name gives the same bytes', ({ spec, width, height, rgba, expected }) => {
    const picture = { data: decode(rgba), width, height, channels: 4 as const };

    const result = preprocess(picture, spec);

    const channels = spec.colorMode === 'rgb' ? 3 : 1;
    expect(result).toMatchObject({ width: spec.width, height: spec.height, channels });
    expect(differences(result.data, decode(expected))).toEqual([]);
  });
});

describe('pixels of other layouts', () => {
  test('opaque RGBA gives the same as RGB', () => {
    const rgb = Uint8Array.from({ length: 5 * 3 * 3 }, (_, index) => (index * 37) % 256);
    const rgba = Uint8Array.from({ length: 5 * 3 * 4 }, (_, index) =>
      index % 4 === 3 ? 255 : rgb[Math.floor(index / 4) * 3 + (index % 4)],
    );

    const fromRgb = preprocess({ data: rgb, width: 5, height: 3, channels: 3 }, SPEC);
    const fromRgba = preprocess({ data: rgba, width: 5, height: 3, channels: 4 }, SPEC);

    expect(fromRgba.data).toEqual(fromRgb.data);
  });

  test('gray is repeated for a colour model and kept for a grayscale one', () => {
    const gray = {
      data: Uint8Array.of(0, 50, 100, 255),
      width: 2,
      height: 2,
      channels: 1 as const,
    };

    expect([...preprocess(gray, SPEC).data]).toEqual([
      0, 0, 0, 50, 50, 50, 100, 100, 100, 255, 255, 255,
    ]);
    expect([...preprocess(gray, { ...SPEC, colorMode: 'grayscale' }).data]).toEqual([
      0, 50, 100, 255,
    ]);
  });

  test('the result is never the memory that was given', () => {
    const data = Uint8Array.of(1, 2, 3, 4);

    const result = preprocess(
      { data, width: 2, height: 2, channels: 1 },
      { ...SPEC, colorMode: 'grayscale' },
    );
    data.fill(9);

    expect([...result.data]).toEqual([1, 2, 3, 4]);
  });

  test('a transparent pixel becomes the background', () => {
    const clear = { data: Uint8Array.of(9, 9, 9, 0), width: 1, height: 1, channels: 4 as const };

    const { data } = preprocess(clear, { ...SPEC, width: 1, height: 1, background: [1, 2, 3] });

    expect([...data]).toEqual([1, 2, 3]);
  });
});

describe('what cannot be pixels is refused', () => {
  test.each([
    [
      'no width',
      'at least 1 x 1',
      { data: new Uint8Array(0), width: 0, height: 1, channels: 1 as const },
    ],
    [
      'a fraction',
      'at least 1 x 1',
      { data: new Uint8Array(2), width: 1.5, height: 1, channels: 1 as const },
    ],
    [
      'too few values',
      'hold 3 values. Expected 4',
      { data: new Uint8Array(3), width: 2, height: 2, channels: 1 as const },
    ],
    [
      'too many',
      'at most',
      { data: new Uint8Array(0), width: MAX_PIXELS, height: 2, channels: 1 as const },
    ],
  ])('%s', (_, message, picture) => {
    expect(() => preprocess(picture, SPEC)).toThrow(
      expect.objectContaining({
        code: 'picture-unreadable',
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe('what no model asks for is refused', () => {
  test.each([
    ['height', { height: 0 }],
    ['width', { width: 2.5 }],
    ['colorMode', { colorMode: 'cmyk' }],
    ['fit', { fit: 'fill' }],
    ['resample', { resample: 'constructor' }],
    ['background', { background: [0, 0, 256] }],
    ['background', { background: undefined }],
  ])('%s: %j', (field, changes) => {
    const picture = { data: new Uint8Array(4), width: 2, height: 2, channels: 1 as const };

    expect(() => preprocess(picture, { ...SPEC, ...changes } as ImageSpec)).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringContaining(`${field} is `),
      }),
    );
  });
});

describe('pixels in memory need no browser', () => {
  const gray: ImageSpec = { ...SPEC, colorMode: 'grayscale' };

  test.each([
    ['gray', Uint8Array.of(7, 7, 7, 7)],
    ['RGB', new Uint8Array(12).fill(7)],
    ['RGBA', Uint8ClampedArray.from({ length: 16 }, (_, index) => (index % 4 === 3 ? 255 : 7))],
  ])('%s is recognised by its length', async (_, data) => {
    const { data: received } = await preprocessImage({ data, width: 2, height: 2 }, gray);

    expect([...received]).toEqual([7, 7, 7, 7]);
  });

  test('values that are not bytes are refused', async () => {
    const data = new Float32Array(4) as unknown as Uint8Array;

    await expect(preprocessImage({ data, width: 2, height: 2 }, gray)).rejects.toMatchObject({
      code: 'picture-unreadable',
      message: expect.stringContaining('Float32Array'),
    });
  });
});

// Colours at which a coefficient that is off by one shows; the answers are Pillow's.
describe('grayscale is exact to the last bit of the formula', () => {
  test.each([
    [255, 255, 198, 249],
    [255, 255, 119, 239],
    [255, 254, 54, 231],
  ])('%i, %i, %i is %i', (red, green, blue, gray) => {
    expect(luma(red, green, blue)).toBe(gray);
  });
});

describe('layouts', () => {
  test('a crop keeps the target’s aspect ratio around the centre', () => {
    expect(cropBox({ width: 10, height: 4 }, { width: 1, height: 1 })).toEqual([3, 0, 7, 4]);
    expect(cropBox({ width: 3, height: 10 }, { width: 2, height: 1 })).toEqual([0, 4.25, 3, 5.75]);
  });

  test('padding rounds half up and gives the odd rest to the right and the bottom', () => {
    expect(padLayout({ width: 4, height: 1 }, { width: 10, height: 10 })).toEqual({
      width: 10,
      height: 3,
      left: 0,
      top: 3,
    });
    expect(padLayout({ width: 1, height: 4000 }, { width: 9, height: 10 })).toEqual({
      width: 1,
      height: 10,
      left: 4,
      top: 0,
    });
  });
});
