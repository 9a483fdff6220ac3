import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pixels } from '../../web/src/client/pictures/pixels.js';
import { cropBox, padLayout } from '../../web/src/client/preprocess/fit.js';
import { vectorKernel } from '../../web/src/client/preprocess/kernel.js';
import { scalarKernel } from '../../web/src/client/preprocess/kernel-scalar.js';
import { preprocess } from '../../web/src/client/preprocess/preprocess.js';
import { resize } from '../../web/src/client/preprocess/resample.js';
import { PixelRows } from '../../web/src/client/preprocess/rows.js';
import type { ImageSpec } from '../../web/src/client/preprocess/spec.js';

const side = fc.integer({ min: 1, max: 40 });
const level = fc.integer({ min: 0, max: 255 });
const color = fc.tuple(level, level, level);

const spec: fc.Arbitrary<ImageSpec> = fc.record({
  height: side,
  width: side,
  colorMode: fc.constantFrom('rgb', 'grayscale'),
  fit: fc.constantFrom('stretch', 'crop', 'pad'),
  resample: fc.constantFrom('nearest', 'bilinear', 'bicubic', 'lanczos'),
  background: color,
});

const STRETCH: Omit<ImageSpec, 'width' | 'height'> = {
  colorMode: 'grayscale',
  fit: 'stretch',
  resample: 'bilinear',
  background: [0, 0, 0],
};

function picture(channels: fc.Arbitrary<1 | 3 | 4>): fc.Arbitrary<Pixels> {
  return fc.tuple(side, side, channels).chain(([width, height, channels]) => {
    const length = width * height * channels;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data) => ({ data, width, height, channels }));
  });
}

const anyPicture = picture(fc.constantFrom(1, 3, 4));
const rgb = picture(fc.constant(3));

function withAlpha({ data, width, height }: Pixels, alpha: number): Pixels {
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, index) =>
    index % 4 === 3 ? alpha : data[Math.floor(index / 4) * 3 + (index % 4)],
  );
  return { data: rgba, width, height, channels: 4 };
}

describe('for every picture and specification', () => {
  test('opaque RGBA gives the same as RGB', () => {
    fc.assert(
      fc.property(rgb, spec, (picture, spec) => {
        expect(preprocess(withAlpha(picture, 255), spec)).toEqual(preprocess(picture, spec));
      }),
    );
  });

  test('nothing but background is left of a clear picture', () => {
    fc.assert(
      fc.property(rgb, spec, (picture, spec) => {
        const colored: ImageSpec = { ...spec, colorMode: 'rgb' };

        const { data } = preprocess(withAlpha(picture, 0), colored);

        expect(data.every((value, index) => value === spec.background[index % 3])).toBe(true);
      }),
    );
  });

  test('the same size changes no pixel', () => {
    fc.assert(
      fc.property(rgb, spec, (picture, spec) => {
        const { width, height } = picture;

        const { data } = preprocess(picture, { ...spec, width, height, colorMode: 'rgb' });

        expect(data).toEqual(picture.data);
      }),
    );
  });

  test('a picture with three equal channels gives what the gray picture gives', () => {
    fc.assert(
      fc.property(picture(fc.constant(1)), spec, (gray, spec) => {
        const { width, height } = gray;
        const data = Uint8Array.from(
          { length: gray.data.length * 3 },
          (_, index) => gray.data[Math.floor(index / 3)],
        );

        expect(preprocess({ data, width, height, channels: 3 }, spec)).toEqual(
          preprocess(gray, spec),
        );
      }),
    );
  });

  test('bilinear and nearest stay between the darkest and the brightest value', () => {
    const filters = fc.constantFrom('nearest' as const, 'bilinear' as const);
    fc.assert(
      fc.property(picture(fc.constant(1)), spec, filters, (picture, spec, resample) => {
        const stretched: ImageSpec = { ...spec, resample, fit: 'stretch' };

        const { data } = preprocess(picture, stretched);

        expect(Math.min(...data)).toBeGreaterThanOrEqual(Math.min(...picture.data));
        expect(Math.max(...data)).toBeLessThanOrEqual(Math.max(...picture.data));
      }),
    );
  });

  test('a turned picture gives the turned input where all weights are dyadic', () => {
    const small = fc.integer({ min: 1, max: 6 });
    const factor = fc.constantFrom(1, 2, 4, 8);
    const sizes = fc.tuple(small, small, factor, factor).chain(([width, height, across, down]) => {
      const length = width * across * height * down;
      const data = fc.uint8Array({ minLength: length, maxLength: length });
      return fc.tuple(fc.constant({ width, height, across, down }), data);
    });
    fc.assert(
      fc.property(sizes, ([{ width, height, across, down }, data]) => {
        const spec = { ...STRETCH, width, height };
        const shape = { width: width * across, height: height * down, channels: 1 } as const;

        const turned = preprocess({ data: data.slice().reverse(), ...shape }, spec);

        expect(turned.data.reverse()).toEqual(preprocess({ data, ...shape }, spec).data);
      }),
    );
  });

  test('the memory that was given is not written to', () => {
    fc.assert(
      fc.property(anyPicture, spec, (picture, spec) => {
        const before = Uint8Array.from(picture.data);

        preprocess(picture, spec);

        expect(picture.data).toEqual(before);
      }),
    );
  });

  test('pixels that start anywhere in memory give the same', () => {
    fc.assert(
      fc.property(anyPicture, spec, fc.integer({ min: 1, max: 7 }), (picture, spec, offset) => {
        const data = new Uint8ClampedArray(picture.data.length + offset).subarray(offset);
        data.set(picture.data);

        expect(preprocess({ ...picture, data }, spec)).toEqual(preprocess(picture, spec));
      }),
    );
  });
});

describe('WebAssembly and TypeScript', () => {
  const edges = (size: number) =>
    fc
      .tuple(
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
      )
      .map(([start, length]) => [start * size, Math.min(size, (start + length) * size)] as const)
      .filter(([start, end]) => end - start > 0.01);
  const boxed = anyPicture.chain((picture) =>
    fc.tuple(fc.constant(picture), edges(picture.width), edges(picture.height)),
  );

  test('there is WebAssembly with vectors where the tests run', () => {
    expect(vectorKernel(1)?.memory.byteLength).toBeGreaterThan(0);
  });

  test('more memory than is worth keeping is not taken', () => {
    expect(vectorKernel(2 ** 27) === undefined).toBe(true);
  });

  test('give the same bytes for any part of a picture', () => {
    fc.assert(
      fc.property(boxed, spec, ([picture, [left, right], [top, bottom]], spec) => {
        const source = new PixelRows(picture, spec.colorMode === 'grayscale', spec.background);
        const options = { ...spec, box: [left, top, right, bottom] as const };

        expect(resize(source, options)).toEqual(resize(source, options, scalarKernel));
      }),
      { numRuns: 500 },
    );
  });
});

describe('layouts of every size', () => {
  const large = fc.integer({ min: 1, max: 60_000 });
  const size = fc.record({ width: large, height: large });

  test('a crop lies inside the picture, whole along one side and centred along the other', () => {
    fc.assert(
      fc.property(size, size, (source, target) => {
        const [left, top, right, bottom] = cropBox(source, target);

        expect(left).toBeGreaterThanOrEqual(0);
        expect(top).toBeGreaterThanOrEqual(0);
        // The sum of two rounded numbers may miss the edge by what float32 does not see.
        expect(Math.fround(right)).toBeLessThanOrEqual(source.width);
        expect(Math.fround(bottom)).toBeLessThanOrEqual(source.height);
        expect(right - left === source.width || bottom - top === source.height).toBe(true);
        expect(right).toBeCloseTo(source.width - left, 6);
        expect(bottom).toBeCloseTo(source.height - top, 6);
      }),
    );
  });

  test('a padded picture lies inside the target and touches two of its sides', () => {
    fc.assert(
      fc.property(size, size, (source, target) => {
        const { width, height, left, top } = padLayout(source, target);

        expect(Math.min(width, height)).toBeGreaterThanOrEqual(1);
        expect(width === target.width || height === target.height).toBe(true);
        expect(left).toBe(Math.floor((target.width - width) / 2));
        expect(top).toBe(Math.floor((target.height - height) / 2));
        expect(left + width).toBeLessThanOrEqual(target.width);
        expect(top + height).toBeLessThanOrEqual(target.height);
      }),
    );
  });
});
