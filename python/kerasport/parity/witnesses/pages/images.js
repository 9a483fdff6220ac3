/** Pictures as the runtimes of others take them; asked by `runtime_page.py`. */
{
  /** @type {(bytes: Uint8Array, shape: number[]) => ImageData[]} */
  const imagesOf = (bytes, [count = 0, height = 0, width = 0, channels = 0]) => {
    const size = height * width;
    return Array.from({ length: count }, (_, picture) => {
      const image = new ImageData(width, height);
      for (let pixel = 0; pixel < size; pixel++) {
        const start = (picture * size + pixel) * channels;
        for (let channel = 0; channel < 3; channel++) {
          image.data[4 * pixel + channel] = bytes[start + (channels === 3 ? channel : 0)] ?? 0;
        }
        image.data[4 * pixel + 3] = 255;
      }
      return image;
    });
  };

  /** @type {(file: File, height: number, width: number) => Promise<ImageData>} */
  const drawn = async (file, height, width) => {
    const bitmap = await createImageBitmap(file);
    const context = new OffscreenCanvas(width, height).getContext('2d');
    if (!context) throw new Error('there is no canvas');
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    return context.getImageData(0, 0, width, height);
  };

  /** @type {(image: ImageData, channels: number) => Float32Array} */
  const valuesOf = ({ data }, channels) => {
    const values = new Float32Array((data.length / 4) * channels);
    for (let pixel = 0; pixel < data.length / 4; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        values[pixel * channels + channel] = data[4 * pixel + channel] ?? 0;
      }
    }
    return values;
  };

  /**
   * Answers to files of a runtime that has no way from a picture of its own: by the canvas that pages
   * use, one picture at a time.
   *
   * @type {typeof globalThis.images.answersToDrawn}
   */
  const answersToDrawn = async (files, [, height = 0, width = 0, channels = 0], answerOf) => {
    const parts = [];
    for (const file of files) {
      const values = valuesOf(await drawn(file, height, width), channels);
      parts.push(await answerOf(values, [1, height, width, channels]));
    }
    return parts;
  };

  globalThis.images = { imagesOf, answersToDrawn, valuesOf };
}
