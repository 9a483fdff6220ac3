/** Convolutions of 3 x 3 with stride 1 by Winograd's way, which needs fewer products. */

import { activate, clampOf } from '../epilogue.js';
import type { LayerJob } from '../layers.js';
import type { Place, Tensor } from '../program.js';

/** Rows and columns of the output that are computed from one tile. */
export type TileSide = 2 | 4;

/** Columns of a panel of weights. */
const PANEL = 8;

/** Bytes of transformed values that stay in a cache of 512 kB beside the weights. */
const CHUNK_BYTES = 384 * 1024;

/** Tiles that are worth reading all weights again. */
const FEWEST_TILES = 30;

/** Whether a layer, by its settings, can be computed this way. */
export function hasWinograd({ config, weights }: LayerJob): boolean {
  const ones = (pair: unknown) => (pair as number[]).every((step) => step === 1);
  const [height, width] = weights.kernel.shape;
  return height === 3 && width === 3 && ones(config.strides) && ones(config.dilation_rate ?? []);
}

/** Bytes as the kernels lay them out: see `spread` there. */
function matrixBytes(channels: number, tiles: number): number {
  const bytes = Math.ceil(channels / 4) * 16 * tiles;
  return (Math.ceil(bytes / 128) * 128) | 64;
}

/**
 * `Conv2D` of 3 x 3 with stride 1.
 *
 * @param side - 4 is the fastest and rounds most: see `winograd.mjs`.
 * @param added - what is added before the activation, laid out as the output.
 */
export function winogradConvolution(job: LayerJob, side: TileSide, added?: Place): Tensor {
  const { writer, weights, inputs, shape, activation, config } = job;
  const [height, width, channels] = inputs[0].shape;
  const [rows, columns, filters] = shape;
  const matrices = (side + 2) ** 2;
  const panels = Math.ceil(filters / PANEL) * PANEL * (channels + 1);
  const packed = writer.prepared(matrices * panels * 4);
  const raw = writer.raw(weights.kernel.values);
  for (let column = 0; column < filters; column += PANEL) {
    writer.prepare(`winogradWeights${side}`, raw, packed, channels, filters, column);
  }
  const bias = writer.constant(weights.bias?.values ?? new Float32Array(filters));

  const tiles = Math.ceil(rows / side) * Math.ceil(columns / side);
  const perTile = matrixBytes(channels, 1) + matrixBytes(filters, 1);
  const most = Math.max(FEWEST_TILES, Math.floor(CHUNK_BYTES / (matrices * perTile)));
  const count = Math.ceil(tiles / Math.ceil(tiles / most));
  const transformed = matrixBytes(channels, count) + matrixBytes(filters, count);
  const work = writer.bytes(matrices * (transformed + 16 + channels * 4));
  const y = writer.tensor(shape);
  const { low, high } = clampOf(activation);
  for (let first = 0; first < tiles; first += count) {
    writer.call(
      `winograd${side}`,
      ...[inputs[0].place, height, width, channels, config.padding === 'same' ? 1 : 0],
      ...[packed, bias, added ?? 0, y.place, rows, columns, filters],
      ...[work, first, Math.min(count, tiles - first), low, high],
    );
  }
  activate(writer, activation, y.place, [rows * columns, filters]);
  return y;
}
