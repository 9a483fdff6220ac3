/** The client library without a bundle: what it reads of a file; asked by `formats/exchange.py`. */
serve({
  async read(task, bytes) {
    const [file] = filesOf(task, bytes);
    const pixels = await kerasport.readPixels(file);
    const { width, height } = pixels;
    // The same size: nothing is resized, transparency is composited on white.
    const { data } = await kerasport.preprocessImage(pixels, {
      width,
      height,
      colorMode: 'rgb',
      fit: 'stretch',
      resample: 'nearest',
      background: [255, 255, 255],
    });
    return { header: { width, height }, parts: [data] };
  },
});
