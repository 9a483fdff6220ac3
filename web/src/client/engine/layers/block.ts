/**
 * A depthwise convolution with the convolutions of single places before and behind it, by strips of
 * rows: what lies between them is used while it is in a cache, and is never there as a whole.
 */

import { convolve, type Panels } from '../convolve.js';
import { activate, clampOf, isBound } from '../epilogue.js';
import type { LayerJob } from '../layers.js';
import { further, type Place, type Tensor } from '../program.js';
import { copyRows } from '../rows.js';
import { FEWEST_PLACES } from '../sizes.js';
import type { Block, Step } from '../steps.js';
import { type Depthwise, packedDepthwise, type Rows, writeColumns } from './depthwise.js';
import { addedTo, FEWEST_ALIKE, outputOf, pointWeights } from './products.js';
import { firstUnder, under } from './window.js';

/** What the depthwise layer reads, as far as it has been written. */
interface Source {
  readonly rows: Rows;
  /** Writes what is missing before a row. */
  readonly upTo: (row: number) => void;
}

/**
 * Writes the calls; the output is the last layer's.
 *
 * @param bytes - how large the strips may be before and behind the depthwise layer, if they do not
 *   have to be larger.
 */
export function writeBlock(block: Block, jobOf: (step: Step) => LayerJob, bytes: number): Tensor {
  const expand = block.expand && jobOf(block.expand);
  const depthwise = jobOf(block.depthwise);
  const project = block.project && jobOf(block.project);
  const { writer, shape } = depthwise;
  const layer = packedDepthwise(depthwise, (expand ?? depthwise.inputs[0]).shape);
  const { down, across, channels } = layer;
  const strip = stripOf(layer, bytes);
  const source = sourceOf(expand, depthwise, layer, strip);
  const line = across.count * channels * 4;
  const weights = project && pointWeights(project);
  const output = project && outputOf(project, across.count, addedTo(project));
  const y = output?.tensor ?? writer.tensor(shape);
  const between = output && writer.bytes(strip * line);
  for (let first = 0; first < down.count; first += strip) {
    const rows = Math.min(strip, down.count - first);
    // In one strip all rows, like a layer by itself: few places add up in another order.
    const end = rows === down.count ? down.length : firstUnder(down, first) + under(down, rows);
    source.upTo(Math.min(down.length, end));
    const place = between ?? further(y.place, first * line);
    writeColumns(writer, layer, source.rows, { place, pitch: line, firstRow: first, rows });
    activate(writer, depthwise.activation, place, [rows * across.count, channels]);
    output?.write(first * across.count, {
      from: { place, step: channels * 4, line },
      weights: weights as Panels,
      across: across.count,
      places: rows * across.count,
    });
  }
  return y;
}

/** Rows of the output that are computed at once. */
function stripOf({ down, across, channels }: Depthwise, bytes: number): number {
  if (Math.min(across.length, across.count) < FEWEST_ALIKE) return down.count;
  const before = across.length * channels * 4;
  const behind = across.count * channels * 4;
  const shared = under(down, 1) - down.stride;
  const fitting = (bytes - shared * before) / (down.stride * before + behind);
  const rows = Math.max(1, FEWEST_PLACES / across.count, fitting);
  return Math.ceil(down.count / Math.ceil(down.count / Math.floor(rows)));
}

function sourceOf(
  expand: LayerJob | undefined,
  { writer, inputs: [x] }: LayerJob,
  { down, across, channels }: Depthwise,
  strip: number,
): Source {
  const pixel = channels * 4;
  const behind = Math.max(0, under(across, across.count) - across.before - across.length);
  // What is behind a row is before the next one, too.
  const border = Math.max(across.before, behind);
  const line = across.length * pixel;
  if (!expand && border === 0) {
    const { place, step = pixel } = x;
    const rows = { place, pitch: across.length * step, step, slots: down.length };
    return { rows, upTo: () => {} };
  }
  const pitch = line + border * pixel;
  const slots = strip < down.count ? Math.min(down.length, under(down, strip)) : down.length;
  const ring = writer.bytes(slots * pitch + border * pixel);
  writer.call('zeroRows', ring, border * pixel, slots + 1, pitch);
  const write = expand ? expanding(expand) : copying(x);
  let done = 0;
  const upTo = (row: number) => {
    while (done < row) {
      const slot = done % slots;
      const count = Math.min(row - done, slots - slot);
      write(done, count, further(ring, border * pixel + slot * pitch), pitch);
      done += count;
    }
  };
  const place = further(ring, (border - across.before) * pixel);
  return { rows: { place, pitch, slots }, upTo };

  /** Copies rows. */
  function copying({ place }: Tensor) {
    return (first: number, rows: number, to: Place, toStep: number) =>
      copyRows(writer, further(place, first * line), to, {
        ...{ bytes: line, rows, fromStep: line, toStep },
      });
  }
}

/** Computes rows. */
function expanding(job: LayerJob) {
  const { writer, inputs, activation, shape } = job;
  const [, columns, channels] = shape;
  const { place, shape: from } = inputs[0];
  const step = from[2] * 4;
  const weights = pointWeights(job);
  return (first: number, rows: number, to: Place, pitch: number) => {
    const line = columns * step;
    convolve(writer, {
      from: { place: further(place, first * line), step, line },
      weights,
      to: { place: to, step: channels * 4, line: pitch },
      clamp: clampOf(activation),
      across: columns,
      places: rows * columns,
    });
    if (isBound(activation)) return;
    // All rows in one call, whatever it makes of the zeros between them: they come again.
    const border = pitch / (channels * 4) - columns;
    activate(writer, activation, to, [rows * (columns + border) - border, channels]);
    if (border > 0 && rows > 1) {
      writer.call(
        'zeroRows',
        further(to, columns * channels * 4),
        border * channels * 4,
        rows - 1,
        pitch,
      );
    }
  };
}
