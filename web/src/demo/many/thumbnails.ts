/** Small pictures for the rows in view, decoded when they come into view. */

const SIDE = 88;
const KEPT = 400;

/** Draws thumbnails, and keeps the latest ones. */
export class Thumbnails {
  readonly #kept = new Map<File, Promise<ImageBitmap | null>>();

  /** Draws the picture into the canvas, once it is decoded; an unreadable one leaves it empty. */
  async draw(file: File, canvas: HTMLCanvasElement): Promise<void> {
    canvas.width = SIDE;
    canvas.height = SIDE;
    const bitmap = await this.#bitmap(file);
    if (bitmap) canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  }

  #bitmap(file: File): Promise<ImageBitmap | null> {
    const bitmap = this.#kept.get(file) ?? thumbnailOf(file);
    // The latest one is the last to go.
    this.#kept.delete(file);
    this.#kept.set(file, bitmap);
    if (this.#kept.size > KEPT) {
      const [oldest] = this.#kept.keys();
      this.#kept.delete(oldest);
    }
    return bitmap;
  }
}

/** The middle of a picture in a small square. */
async function thumbnailOf(file: File): Promise<ImageBitmap | null> {
  try {
    const whole = await createImageBitmap(file);
    const side = Math.min(whole.width, whole.height);
    const left = (whole.width - side) >> 1;
    const top = (whole.height - side) >> 1;
    // Enlarged pixels stay visible as pixels: a digit of 8 x 8 is not blurred.
    const quality = side < SIDE ? 'pixelated' : 'medium';
    const small = await createImageBitmap(whole, left, top, side, side, {
      resizeWidth: SIDE,
      resizeHeight: SIDE,
      resizeQuality: quality,
    });
    whole.close();
    return small;
  } catch {
    return null;
  }
}
