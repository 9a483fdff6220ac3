/**
 * What Playwright calls in a page on `file://`; see `playwright_page.py`. It comes into the page
 * from outside: pages that are handed on are asked as they are.
 */
{
  /** @type {Classifier} */
  let classifier;
  const input = document.createElement('input');
  Object.assign(input, { id: 'parity-files', type: 'file', multiple: true, hidden: true });

  const chosen = () => Array.from(input.files ?? []);

  /** @type {(bytes: Uint8Array | Uint8ClampedArray) => string} */
  const toBase64 = (bytes) => {
    let binary = '';
    for (const level of bytes) binary += String.fromCharCode(level);
    return btoa(binary);
  };

  /** @type {(bytes: ArrayBufferView) => Promise<string>} */
  const sha256 = async (bytes) => {
    const content = /** @type {BufferSource} */ (bytes);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  };

  /** @type {Driven} */
  globalThis.parity = {
    async load(backend) {
      document.body.append(input);
      classifier = await kerasport.loadClassifier(undefined, { backend, kind: 'any' });
      const { metadata } = classifier;
      return { backend: classifier.backend, tfjs: kerasport.tfjsVersion, metadata };
    },

    classify(hashes) {
      return classifyFiles(classifier, chosen(), async ({ probabilities, input }, i) => {
        // Pixels travel only where their hash is not the expected one.
        const isExpected = (await sha256(input.data)) === hashes[i];
        const pixels = isExpected ? null : toBase64(input.data);
        return { probabilities: Array.from(probabilities), pixels };
      });
    },

    plain(inputs) {
      return plainBits(inputs.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))));
    },

    async read() {
      const { data, width, height, channels } = await kerasport.readPixels(chosen()[0]);
      return { width, height, channels, data: toBase64(data) };
    },
  };
}
