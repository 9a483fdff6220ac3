/** What a reader of format 1, which knows winners only, says of the frozen bundles. */

import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { readMetadata } from '../../web/src/client/bundle/metadata.js';

vi.mock('../../web/src/client/constants.generated.js', async (load) => ({
  ...(await load<Record<string, unknown>>()),
  FORMAT_VERSION: 1,
}));

const metadataOf = (version: number) =>
  readFileSync(new URL(`../golden/bundle-v${version}/metadata.json`, import.meta.url));

test('it refuses labels before one could be shown as a winner', () => {
  expect(() => readMetadata(metadataOf(2), '4.22.0')).toThrow(
    'The model is in bundle format 2; this library reads formats up to 1.',
  );
});

test('it reads its own', () => {
  expect(readMetadata(metadataOf(1), '4.22.0').name).toBe('frozen');
});
