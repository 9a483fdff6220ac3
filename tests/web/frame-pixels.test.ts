/** Opaque bitmaps are read by video frames where these give what a canvas gives. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const [WIDTH, HEIGHT] = [40, 3];
const bitmap = { width: WIDTH, height: HEIGHT } as ImageBitmap;
const level = (at: number) => (at % 4 === 3 ? 255 : (at * 7) % 251);

/** The corner as a canvas gives it. */
function corner(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 4 }, (_, at) => {
    const [y, x] = [Math.floor(at / (width * 4)), at % (width * 4)];
    return level(y * WIDTH * 4 + x);
  });
}

let made: { closed: boolean }[];

/** Puts a class of frames in the place of the browser's. */
function pretend({ format = 'BGRX', fails = false, stride = WIDTH * 4 } = {}): void {
  made = [];
  class Frame {
    readonly format = format;
    closed = false;
    constructor() {
      made.push(this);
    }
    async copyTo(data: Uint8Array, options: { format: string }) {
      if (fails) throw new DOMException('no such format', 'NotSupportedError');
      expect(options).toEqual({ format: 'RGBA' });
      for (let at = 0; at < data.length; at++) data[at] = level(at);
      return [{ offset: 0, stride }];
    }
    close() {
      this.closed = true;
    }
  }
  vi.stubGlobal('VideoFrame', Frame);
}

type Frames = typeof import('../../web/src/client/reading/frame-pixels.js');
let readOpaque: Frames['readOpaque'];
let giveBack: Frames['giveBack'];

beforeEach(async () => {
  // What is known about frames is known once for all pictures.
  vi.resetModules();
  ({ readOpaque, giveBack } = await import('../../web/src/client/reading/frame-pixels.js'));
});

afterEach(() => {
  for (const { closed } of made) expect(closed).toBe(true);
  vi.unstubAllGlobals();
});

test('a frame without alpha gives all pixels, and is compared with a canvas once', async () => {
  pretend();
  const cornerOf = vi.fn(corner);

  const [first, second] = [await readOpaque(bitmap, cornerOf), await readOpaque(bitmap, cornerOf)];

  const data = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, at) => level(at));
  expect(first).toEqual({ data, width: WIDTH, height: HEIGHT, channels: 4 });
  expect(second).toEqual(first);
  expect(cornerOf).toHaveBeenCalledOnce();
});

test('memory that was given back is used again, once, and for smaller pictures too', async () => {
  pretend();
  const first = await readOpaque(bitmap, corner);
  if (!first) throw new Error('nothing was read');
  giveBack(first);
  giveBack(first);
  const low = { width: WIDTH, height: 1 } as ImageBitmap;

  const [second, third] = [await readOpaque(low, corner), await readOpaque(bitmap, corner)];

  expect(second?.data.buffer).toBe(first.data.buffer);
  expect(second?.data).toEqual(corner(WIDTH, 1));
  expect(third?.data.buffer).not.toBe(first.data.buffer);
});

test('memory of others is not taken, nor is memory that is too small', async () => {
  pretend();
  giveBack({ data: new Uint8Array(WIDTH * HEIGHT * 4), width: WIDTH, height: HEIGHT, channels: 4 });
  const low = await readOpaque({ width: WIDTH, height: 1 } as ImageBitmap, corner);
  if (!low) throw new Error('nothing was read');
  giveBack(low);

  const whole = await readOpaque(bitmap, corner);

  expect(low.data.buffer.byteLength).toBe(WIDTH * 4);
  expect(whole?.data.buffer).not.toBe(low.data.buffer);
  expect(whole?.data).toHaveLength(WIDTH * HEIGHT * 4);
});

test('a frame with alpha is left to the canvas', async () => {
  pretend({ format: 'BGRA' });

  expect(await readOpaque(bitmap, corner)).toBeUndefined();
});

test('frames that differ from a canvas are not asked again', async () => {
  pretend();
  const other = (width: number, height: number) => corner(width, height).fill(9, -1);

  expect(await readOpaque(bitmap, other)).toBeUndefined();
  expect(await readOpaque(bitmap, corner)).toBeUndefined();
  expect(made).toHaveLength(1);
});

test.each([
  ['cannot give RGBA', { fails: true }],
  ['have gaps between their rows', { stride: WIDTH * 4 + 64 }],
])('frames that %s are left to the canvas', async (_, how) => {
  pretend(how);

  expect(await readOpaque(bitmap, corner)).toBeUndefined();
});

test('a browser without frames has its canvas', async () => {
  made = [];

  expect(await readOpaque(bitmap, corner)).toBeUndefined();
});
