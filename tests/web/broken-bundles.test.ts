/** Broken and hostile bundles: each has its code and its exact message, and none is loaded. */

import { expect, test } from 'vitest';
import { loadClassifier } from '../../web/src/client/index.js';
import { brokenBundle, CASES, expectedMessage } from './broken-bundles.js';

test.each(Object.entries(CASES))('%s', async (_, broken) => {
  const files = Object.entries(await brokenBundle(broken)).map(([path, bytes]) =>
    Object.defineProperty(
      new File([bytes as Uint8Array<ArrayBuffer>], path),
      'webkitRelativePath',
      {
        value: `model/${path}`,
      },
    ),
  );

  const loading = loadClassifier({ files }, { backend: 'cpu', kind: 'any' }).then(
    async (classifier) => {
      await classifier.samples();
      return 'loaded';
    },
  );

  await expect(loading).rejects.toMatchObject({
    code: broken.code,
    message: expectedMessage(broken),
  });
});
