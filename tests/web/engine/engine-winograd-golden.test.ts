/** Winograd's way as Python writes it down: of one channel, bit for bit. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { winogradConvolution } from '../../../web/src/client/engine/layers/winograd.js';
import { answer, size } from './watched.js';

interface Case {
  readonly shape: readonly [number, number, number];
  readonly padding: 'same' | 'valid';
  readonly side: 2 | 4;
  readonly outputShape: readonly [number, number, number];
  readonly x: string;
  readonly kernel: string;
  readonly bias: string;
  readonly expected: string;
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../golden/winograd.json', import.meta.url), 'utf8'),
) as { cases: Case[] };

const floats = (text: string) =>
  new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);

test.each(cases)('$padding, tiles with a side of $side', async (example) => {
  const { shape, padding, side, outputShape } = example;
  const filters = outputShape[2];
  const kernel = { shape: [3, 3, shape[2], filters], values: floats(example.kernel) };
  const bias = { shape: [filters], values: floats(example.bias) };
  const config = { kernel_size: [3, 3], strides: [1, 1], padding };

  const result = await answer('plain', [floats(example.x)], (writer, [place]) => {
    const inputs = [{ shape, place }];
    const weights = { kernel, bias };
    const shared = { writer, config, weights, inputs, activation: 'linear' as const };
    const y = winogradConvolution({ ...shared, shape: outputShape }, side);
    return { ...y, count: size(y.shape) };
  });

  expect(result).toEqual(floats(example.expected));
});
