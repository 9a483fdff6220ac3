/** Shares in the library and on the page are rounded as those of the command line and the reports. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatShare } from '../../web/src/client/shares.js';
import { formatShare as formatOnPage } from '../../web/src/demo/page/format.js';

// Python's share_text is held to the same table by tests/unit/test_shares.py.
const TABLE: [share: number, text: string][] = JSON.parse(
  readFileSync(new URL('../golden/shares.json', import.meta.url), 'utf-8'),
);

test.each(TABLE)('%d is shown as %s', (share, text) => {
  expect(formatShare(share, 'en')).toBe(text);
  expect(formatOnPage(share)).toBe(text);
});
