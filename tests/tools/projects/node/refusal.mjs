import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { loadClassifier } from 'kerasport';

const classifier = await loadClassifier('model');
for (const [name, kind] of [
  ['photo.jpg', 'a JPEG'],
  ['photo.webp', 'a WEBP'],
]) {
  await assert.rejects(classifier.classify(new File([await readFile(name)], name)), {
    code: 'picture-unreadable',
    message:
      `'${name}' cannot be read: it is ${kind}, which is decoded by the browser, and there is ` +
      'none. Decode it first, in Node with sharp for instance, and give its pixels as {data, ' +
      'width, height, channels}.',
  });
}
for (const name of ['picture.gif', 'picture.bmp', 'picture.png']) {
  const { input } = await classifier.classify(new File([await readFile(name)], name));
  assert.ok(input.data.some((level) => level > 0));
}
console.log('as documented');
