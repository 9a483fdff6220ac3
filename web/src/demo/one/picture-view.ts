/** The picture that was classified, as an element. */

import type { ImageSource } from '../../client/index.js';
import { element, pictureElement } from '../page/elements.js';
import { strings } from '../page/strings.js';

/** Shows one picture at a time, and lets go of the one before. */
export class PictureView {
  #address = '';

  /** The element for a picture. */
  show(picture: ImageSource): HTMLElement {
    URL.revokeObjectURL(this.#address);
    this.#address = '';
    if (picture instanceof Blob) {
      this.#address = URL.createObjectURL(picture);
      return pictureElement(this.#address, strings.result.pictureAlt);
    }
    if (picture instanceof HTMLCanvasElement) return named(picture);
    const image = picture as ImageData;
    const canvas = canvasOf(image.width, image.height);
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    return canvas;
  }
}

/** The current picture of a video: what is shown is what was classified. */
export function frozen(video: HTMLVideoElement): HTMLCanvasElement {
  const canvas = canvasOf(video.videoWidth, video.videoHeight);
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return canvas;
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  return named(element('canvas', { width, height }));
}

function named(canvas: HTMLCanvasElement): HTMLCanvasElement {
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', strings.result.pictureAlt);
  return canvas;
}
