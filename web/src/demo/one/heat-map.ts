/** A heat map over what the model sees. */

import type { Explanation } from '../../client/index.js';
import { element } from '../page/elements.js';

/** Colours to lay over the model's input: dark where nothing mattered, clear and warm where it did. */
export function heatView({ heat, width, height }: Explanation, alt: string): HTMLCanvasElement {
  const canvas = element('canvas', {
    class: 'heat',
    width,
    height,
    role: 'img',
    'aria-label': alt,
    'data-testid': 'heat',
  });
  const image = new ImageData(width, height);
  heat.forEach((value, place) => {
    image.data.set(colorOf(value), place * 4);
  });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

/** Dark blue over purple and orange to yellow, the less opaque the more it matters. */
function colorOf(value: number): [number, number, number, number] {
  const share = Math.min(1, Math.max(0, value));
  const place = share * (STOPS.length - 1);
  const stop = Math.min(STOPS.length - 2, Math.floor(place));
  const rest = place - stop;
  const mix = (channel: number) =>
    Math.round(STOPS[stop][channel] * (1 - rest) + STOPS[stop + 1][channel] * rest);
  return [mix(0), mix(1), mix(2), 185 - Math.round(55 * share)];
}

const STOPS = [
  [10, 12, 40],
  [84, 20, 110],
  [190, 55, 80],
  [245, 130, 35],
  [252, 235, 120],
] as const;
