/** Whether the files that a `metadata.json` lists can be those of a bundle: `listing.py`'s twin. */

import { MAX_BUNDLE_BYTES, MAX_FILES, MODEL_FILE, UNLISTED } from '../constants.generated.js';
import type { Field } from './fields.js';

/** Checks the field `files`, whose entries were read before. */
export function checkListing(files: Field): void {
  const entries = files.items();
  if (entries.length > MAX_FILES) {
    files.refuse(`files lists ${entries.length} files. Expected at most ${MAX_FILES}.`);
  }
  const paths = new Set<string>();
  let total = 0;
  for (const entry of entries) {
    const path = entry.get('path').path();
    if (paths.has(path)) entry.get('path').fail('each file once');
    if (UNLISTED.includes(path)) entry.get('path').fail('a file that is not made of the others');
    paths.add(path);
    total += entry.get('bytes').integer(0);
    if (total > MAX_BUNDLE_BYTES) {
      files.refuse(`files lists more than ${MAX_BUNDLE_BYTES} bytes. Expected fewer.`);
    }
  }
  if (!paths.has(MODEL_FILE)) {
    files.refuse(`files does not list '${MODEL_FILE}'. Expected the model.`);
  }
}

/** Checks the field `otherFormats`: each has files, all of them in a folder of its name. */
export function checkOtherFormats(formats: Field): void {
  for (const each of formats.items()) {
    const format = each.get('format').text();
    const files = each.get('files').items();
    if (files.length === 0) each.get('files').fail('a model');
    for (const file of files) {
      const path = file.get('path');
      if (!path.path().startsWith(`${format}/`)) path.fail(`a file in '${format}/'`);
    }
  }
}
