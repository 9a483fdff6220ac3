/** Convolutions of 3 x 3 with stride 1 by Winograd's way, which needs fewer products. */

import type { TileSide } from '../../model/winograd.js';
import { activate, clampOf } from '../epilogue.js';
import { type LayerJob, valuesOf } from '../layers.js';
import { further, type Place, type Tensor } from '../program.js';
import { CACHE_BYTES, PANEL } from '../sizes.js';

/** Inputs that are summed up in one go: twice as many have about 1.4 times the error. */
const MOST_VALUES = 128;

/** Tiles that are worth reading all weights again. */
const FEWEST_TILES = 30;

/** Bytes as the kernels lay them out: see `spread` there. */
function matrixBytes(channels: number, tiles: number): number {
  const bytes = Math.ceil(channels / 4) * 16 * tiles;
  return (Math.ceil(bytes / 128) * 128) | 64;
}

/** Weights as the kernels read them. */
interface Packed {
  readonly place: Place;
  /** Inputs that are summed up in one go. */
  readonly piece: number;
}

function packed({ writer, weights }: LayerJob, side: TileSide): Packed {
  const [, , inputs, outputs] = weights.kernel.shape;
  const pieces = Math.ceil(inputs / MOST_VALUES);
  const piece = Math.ceil(inputs / pieces);
  const row = outputs * 4;
  const panels = Math.ceil(outputs / PANEL) * PANEL * 4;
  const matrix = (inputs + Math.ceil(inputs / piece)) * panels;
  const place = writer.prepared((side + 2) ** 2 * matrix);
  const raw = writer.raw(valuesOf(weights.kernel));
  const scratch = writer.prepared(3 * (side + 2) * 16);
  let to = place;
  for (let first = 0; first < inputs; first += piece) {
    const count = Math.min(piece, inputs - first);
    for (let column = 0; column < outputs; column += PANEL) {
      const from = further(raw, first * row + column * 4);
      writer.prepare(`winogradWeights${side}`, from, to, count, row, inputs * row, matrix, scratch);
      to = further(to, (count + 1) * PANEL * 4);
    }
  }
  return { place, piece };
}

/**
 * `Conv2D` of 3 x 3 with stride 1.
 *
 * @param side - 4 is the fastest and rounds most: see `winograd.mjs`.
 */
export function winogradConvolution(job: LayerJob, side: TileSide): Tensor {
  const { writer, weights, inputs, shape, activation, config, added, frame } = job;
  const [height, width, channels] = inputs[0].shape;
  const [rows, columns, filters] = shape;
  const isSame = config.padding === 'same';
  const [above, before] = isSame ? [1, 1] : [frame?.[0][0] ?? 0, frame?.[1][0] ?? 0];
  const { place, piece } = packed(job, side);
  const bias = weights.bias
    ? writer.constant(valuesOf(weights.bias))
    : writer.constant([0], filters);

  const matrices = (side + 2) ** 2;
  const tiles = Math.ceil(rows / side) * Math.ceil(columns / side);
  const perTile = matrixBytes(channels, 1) + matrixBytes(filters, 1);
  const most = Math.max(FEWEST_TILES, Math.floor(CACHE_BYTES / (matrices * perTile)));
  const count = Math.ceil(tiles / Math.ceil(tiles / most));
  const transformed = matrixBytes(channels, count) + matrixBytes(filters, count);
  // Behind the transforms: a tile on its way through one, and a tile with zeros of the border.
  const work = writer.bytes(matrices * (transformed + 16 + channels * 4));
  const y = writer.tensor(shape);
  const { low, high } = clampOf(activation);
  for (let first = 0; first < tiles; first += count) {
    writer.call(
      'winograd',
      ...[side, inputs[0].place, height, width, channels, above, before],
      ...[place, piece, bias, added?.place ?? 0, y.place, rows, columns, filters],
      ...[work, first, Math.min(count, tiles - first), low, high],
    );
  }
  activate(writer, activation, y.place, [rows * columns, filters]);
  return y;
}
