/** A folder of Teachable Machine in its library as it is published; asked by `runtime_page.py`. */
{
  const packages = new URL('packages/', document.baseURI).href;
  /** @type {any} */
  let model;

  /** @type {(name: string) => Promise<any>} */
  const loaded = (name) =>
    new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${name} does not load`));
      script.src = `${packages}${name}`;
      document.head.append(script);
    });

  /** @type {(image: ImageData | ImageBitmap) => Promise<Float32Array>} */
  const answerOf = async (image) => {
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('there is no canvas');
    if (image instanceof ImageData) context.putImageData(image, 0, 0);
    else context.drawImage(image, 0, 0);
    const found = await model.predict(canvas);
    return Float32Array.from(found, (/** @type {any} */ { probability }) => probability);
  };

  serve({
    async load({ backend }) {
      await loaded('@tensorflow/tfjs/dist/tf.min.js');
      await loaded('@teachablemachine/image/dist/teachablemachine-image.min.js');
      const { tf, tmImage } = /** @type {any} */ (globalThis);
      await tf.setBackend(backend);
      model = await tmImage.load('model/model.json', 'model/metadata.json');
      return { header: { backend: tf.getBackend(), tfjs: tf.version.tfjs } };
    },

    async predict({ shape }, bytes) {
      const parts = [];
      for (const image of images.imagesOf(bytes, shape)) parts.push(await answerOf(image));
      return { header: {}, parts };
    },

    async classify(task, bytes) {
      const parts = [];
      for (const file of filesOf(task, bytes)) {
        const bitmap = await createImageBitmap(file);
        parts.push(await answerOf(bitmap));
        bitmap.close();
      }
      return { header: {}, parts };
    },
  });
}
