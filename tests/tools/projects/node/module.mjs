import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { loadClassifier, version } from 'kerasport';
import { ImageClassifierElement } from 'kerasport/element';
import * as all from 'kerasport/static';

assert.equal(all.version, version);
assert.equal(typeof ImageClassifierElement, 'function');
for (const load of [loadClassifier, all.loadClassifier]) {
  for (const source of ['model', new URL('model/', import.meta.url)]) {
    const classifier = await load(source);
    const { passed, differingPictures } = await classifier.selfTest();
    assert.deepEqual([passed, differingPictures, classifier.backend], [true, 0, 'wasm']);
    const picture = new Blob([await readFile('model/samples/01.png')]);
    const { predictions } = await classifier.classify(picture);
    assert.ok(predictions[0].probability > 0.3);
    assert.deepEqual(
      (await classifier.tune()).map(({ adopted }) => adopted),
      [false, false],
    );
    classifier.dispose();
  }
}
console.log('like Keras');
