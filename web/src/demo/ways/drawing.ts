/** A pad to draw on, for models of small gray pictures. */

import type { Metadata } from '../../client/index.js';
import type { Ink } from './ink.js';

/** Whether a drawing is what the model expects: gray, and as small as scans of single signs. */
export function wantsDrawings({ colorMode, inputShape: [height, width] }: Metadata): boolean {
  return colorMode === 'grayscale' && Math.max(height, width) <= 64;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const SIDE = 560;
const PICTURE = 280;
// A dot stays a dot.
const MOST_ENLARGED = 3;

/** Follows the pen on a canvas, and gives the drawing as the model's training pictures are. */
export class DrawingPad {
  #strokes: Point[][] = [];
  #current: Point[] | null = null;
  #ink: Ink = { paper: 255, pen: 0, stroke: 0.09, extent: 0.72 };

  constructor(
    private readonly canvas: HTMLCanvasElement,
    /** Called while a stroke is being drawn, and when the drawing is done so far. */
    private readonly changed: (isDone: boolean) => void,
  ) {
    canvas.width = SIDE;
    canvas.height = SIDE;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.#current = [this.#point(event)];
      this.#strokes.push(this.#current);
      this.#repaint();
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!this.#current) return;
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length > 0 ? events : [event]) {
        this.#current.push(this.#point(each));
      }
      this.#repaint();
    });
    for (const end of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(end, () => {
        if (!this.#current) return;
        this.#current = null;
        this.changed(true);
      });
    }
  }

  get isEmpty(): boolean {
    return this.#strokes.length === 0;
  }

  /** Takes on the look of a model's pictures, and starts anew. */
  use(ink: Ink): void {
    this.#ink = ink;
    this.#strokes = [];
    this.#paint();
  }

  undo(): void {
    this.#strokes.pop();
    this.#repaint();
  }

  clear(): void {
    this.#strokes = [];
    this.#repaint();
  }

  /** The drawing in the middle, as large and as thick as the model's own pictures are. */
  picture(): ImageData {
    const { extent, stroke } = this.#ink;
    const points = this.#strokes.flat();
    const [left, right] = range(points.map(({ x }) => x));
    const [top, bottom] = range(points.map(({ y }) => y));
    const pen = stroke * PICTURE;
    const room = extent * PICTURE - pen;
    const scale = Math.min(
      room / Math.max(right - left, bottom - top, 1),
      (MOST_ENLARGED * PICTURE) / SIDE,
    );
    const context = new OffscreenCanvas(PICTURE, PICTURE).getContext('2d');
    if (!context) throw new Error('This browser gives no drawing surface.');
    context.fillStyle = gray(this.#ink.paper);
    context.fillRect(0, 0, PICTURE, PICTURE);
    context.translate(PICTURE / 2, PICTURE / 2);
    context.scale(scale, scale);
    context.translate(-(left + right) / 2, -(top + bottom) / 2);
    trace(context, this.#strokes, pen / scale, gray(this.#ink.pen));
    return context.getImageData(0, 0, PICTURE, PICTURE);
  }

  #point({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: ((clientX - left) / width) * SIDE, y: ((clientY - top) / height) * SIDE };
  }

  #repaint(): void {
    this.#paint();
    this.changed(this.#current === null);
  }

  #paint(): void {
    const context = this.canvas.getContext('2d');
    if (!context) return;
    context.fillStyle = gray(this.#ink.paper);
    context.fillRect(0, 0, SIDE, SIDE);
    trace(context, this.#strokes, this.#ink.stroke * 0.8 * SIDE, gray(this.#ink.pen));
  }
}

function trace(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  strokes: readonly (readonly Point[])[],
  width: number,
  color: string,
): void {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const [first, ...rest] of strokes) {
    context.beginPath();
    context.moveTo(first.x, first.y);
    // A line of no length is a dot.
    for (const { x, y } of rest.length > 0 ? rest : [first]) context.lineTo(x, y);
    context.stroke();
  }
}

function range(values: readonly number[]): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

function gray(level: number): string {
  return `rgb(${level} ${level} ${level})`;
}
