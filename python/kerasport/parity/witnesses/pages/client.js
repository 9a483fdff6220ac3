/** The client library and a bundle, in a page that any browser opens; asked by `served_page.py`. */
{
  /** @type {Classifier} */
  let classifier;

  serve({
    async load({ backend }) {
      classifier = await kerasport.loadClassifier(undefined, { backend, kind: 'any' });
      const { metadata } = classifier;
      return { header: { backend: classifier.backend, tfjs: kerasport.tfjsVersion, metadata } };
    },

    async classify(task, bytes) {
      /** @type {ArrayBufferView[]} */
      const pixels = [];
      const answers = await classifyFiles(
        classifier,
        filesOf(task, bytes),
        ({ probabilities, input }, i) => {
          pixels[i] = input.data;
          return { probabilities: Array.from(probabilities) };
        },
      );
      // There are none of a file that was refused.
      return { header: { answers }, parts: pixels.filter(Boolean) };
    },

    async plain({ sizes }, bytes) {
      let end = 0;
      const inputs = sizes.map((size) => {
        end += size;
        return bytes.slice(end - size, end);
      });
      return { header: { bits: await plainBits(inputs) } };
    },

    async read(task, bytes) {
      const [file] = filesOf(task, bytes);
      const { data, width, height, channels } = await kerasport.readPixels(file);
      return { header: { width, height, channels }, parts: [data] };
    },
  });
}
