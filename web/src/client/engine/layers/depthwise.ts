/** Convolutions of each channel by itself. */

import { activate, type Clamp, clampOf } from '../epilogue.js';
import { type LayerJob, valuesOf } from '../layers.js';
import { further, type Place, type ProgramWriter, type Tensor } from '../program.js';
import { repeated } from '../rows.js';
import { firstUnder, interior, under, type Walk, walk } from './window.js';

/** Columns that the kernel computes at once, and those that it needs to compute more than one. */
const AT_ONCE = 7;
const FEWEST_AT_ONCE = 4;

/** Bytes of a window's rows that stay in the nearest cache. */
const NEAR_BYTES = 20 * 1024;

/** Columns that are worth a walk down the picture of their own. */
const FEWEST_COLUMNS = 16;

/** Rows of a picture, which need not be all there at once. */
export interface Rows {
  /** Of the row that is kept first, where the first window begins. */
  readonly place: Place;
  /** From one row to the next. */
  readonly pitch: number;
  /** From one place to the next; that of the channels where it is not said. */
  readonly step?: number;
  /** Row `r` is kept in slot `r` modulo `slots`. */
  readonly slots: number;
}

/** A depthwise layer, packed. */
export interface Depthwise {
  readonly channels: number;
  readonly weights: Place;
  /** Room for an address per row of the window. */
  readonly table: Place;
  readonly down: Walk;
  readonly across: Walk;
  readonly clamp: Clamp;
}

/** Packs the weights, and takes what the layer needs beside its input and output. */
export function packedDepthwise(job: LayerJob, input = job.inputs[0].shape): Depthwise {
  const { writer, config, shape, activation } = job;
  const { depthwise_kernel: kernel, bias } = job.weights;
  const window = kernel.shape;
  const channels = shape[2];
  const taps = window[0] * window[1];
  const weights = writer.prepared(Math.ceil(channels / 4) * (taps + 1) * 16);
  const [raw, rawBias] = [writer.raw(valuesOf(kernel)), bias ? writer.raw(valuesOf(bias)) : 0];
  writer.prepare('packDepthwise', raw, rawBias, weights, taps, channels);
  return {
    channels,
    weights,
    table: writer.bytes(window[0] * 4),
    down: walk(config, window, 0, input[0], job.frame),
    across: walk(config, window, 1, input[1], job.frame),
    clamp: clampOf(activation),
  };
}

/** A piece of the output. */
export interface Piece {
  /** Of its first value. */
  readonly place: Place;
  readonly pitch: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly columns: number;
}

/** Writes the call for some rows; all that lies under their columns has to be in `x`. */
export function writeRows(writer: ProgramWriter, layer: Depthwise, x: Rows, y: Piece): void {
  const { channels, weights, table, down, across, clamp } = layer;
  writer.call(
    'depthwise',
    ...[x.place, x.slots, x.pitch, x.step ?? channels * 4, down.length, down.before],
    ...[y.place, y.pitch, y.firstRow, y.firstRow + y.rows, y.columns, channels],
    ...[weights, table, down.taps, across.taps, down.stride, across.stride],
    ...[down.dilation, across.dilation, clamp.low, clamp.high],
  );
}

/**
 * Writes the calls for some rows, some columns at a time: the rows of a window stay near. Zeros have
 * to lie beside the picture.
 */
export function writeColumns(
  writer: ProgramWriter,
  layer: Depthwise,
  x: Rows,
  y: Omit<Piece, 'columns'>,
): void {
  const { across, channels } = layer;
  for (const [first, columns] of cut(layer, 0, across.count)) {
    const place = further(x.place, first * across.stride * (x.step ?? channels * 4));
    const to = further(y.place, first * channels * 4);
    writeRows(writer, layer, { ...x, place }, { ...y, place: to, columns });
  }
}

/** Pieces from a column to before another one, with window rows that stay near. */
function cut(
  { down, across, channels }: Depthwise,
  from: number,
  to: number,
): [first: number, count: number][] {
  const fitting = NEAR_BYTES / (down.taps * across.stride * channels * 4);
  const most = Math.max(FEWEST_COLUMNS, Math.floor(fitting / AT_ONCE) * AT_ONCE);
  const parts = Math.ceil((to - from) / most);
  const each = Math.ceil((to - from) / parts / AT_ONCE) * AT_ONCE;
  const pieces: [number, number][] = [];
  for (let at = from; at < to; ) {
    // Few are slow alone.
    const count = to - at < each + FEWEST_AT_ONCE ? to - at : each;
    pieces.push([at, count]);
    at += count;
  }
  return pieces;
}

/** Columns of the output, and whether zeros lie beside the picture there. */
interface Segment {
  readonly first: number;
  readonly count: number;
  readonly isBorder: boolean;
}

/** Cuts the columns so that a window's rows stay near, and borders are copied in narrow strips. */
function segments(layer: Depthwise): Segment[] {
  const { across } = layer;
  const { count } = across;
  const [first, behind] = interior(across);
  const left = first > 0 ? Math.max(first, FEWEST_AT_ONCE) : 0;
  const right = behind < count ? Math.min(behind, count - FEWEST_AT_ONCE) : count;
  // Narrow pictures are copied as a whole.
  if ((left > 0 || right < count) && right - left < 2 * FEWEST_AT_ONCE) {
    return [{ first: 0, count, isBorder: true }];
  }
  const pieces: Segment[] = [];
  if (left > 0) pieces.push({ first: 0, count: left, isBorder: true });
  for (const [first, count] of cut(layer, left, right)) {
    pieces.push({ first, count, isBorder: false });
  }
  if (right < count) pieces.push({ first: right, count: count - right, isBorder: true });
  return pieces;
}

/** A picture with each channel as often as `times` says. */
function widened(writer: ProgramWriter, x: Tensor, times: number): Tensor {
  if (times === 1) return x;
  const sides = [...x.shape, 1];
  const { place } = repeated(writer, { ...x, shape: sides }, [...x.shape, times]);
  const [height, width, channels] = x.shape;
  return { shape: [height, width, channels * times], place };
}

/** `DepthwiseConv2D`. */
export function depthwise(job: LayerJob): Tensor {
  const { writer, inputs, shape } = job;
  const layer = packedDepthwise(job);
  const { down, across, channels } = layer;
  const x = widened(writer, inputs[0], job.weights.depthwise_kernel.shape[3]);
  const y = writer.tensor(shape);
  const pixel = channels * 4;
  const step = inputs[0].step ?? pixel;
  for (const { first, count, isBorder } of segments(layer)) {
    const from = firstUnder(across, first);
    const columns = isBorder ? under(across, count) : across.length;
    let place = further(x.place, isBorder ? 0 : from * step);
    if (isBorder) {
      place = writer.bytes(down.length * columns * pixel);
      const picture = [x.place, down.length, across.length, channels];
      writer.call('excerpt', ...picture, 0, from, down.length, columns, place);
    }
    writeRows(
      writer,
      layer,
      {
        place,
        ...(isBorder ? { pitch: columns * pixel } : { pitch: columns * step, step }),
        slots: down.length,
      },
      {
        place: further(y.place, first * pixel),
        pitch: across.count * pixel,
        firstRow: 0,
        rows: down.count,
        columns: count,
      },
    );
  }
  activate(writer, job.activation, y.place, [down.count * across.count, channels]);
  return y;
}
