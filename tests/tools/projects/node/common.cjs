const { strict: assert } = require('node:assert');
const { readFileSync } = require('node:fs');
const { loadClassifier } = require('kerasport');
const { ImageClassifierElement } = require('kerasport/element');

(async () => {
  assert.equal(typeof ImageClassifierElement, 'function');
  const classifier = await loadClassifier('model');
  const { passed, differingPictures } = await classifier.selfTest();
  assert.deepEqual([passed, differingPictures, classifier.backend], [true, 0, 'wasm']);
  const picture = new Blob([readFileSync('model/samples/01.png')]);
  const { predictions } = await classifier.classify(picture);
  assert.ok(predictions[0].probability > 0.3);
  // Its module is beside it.
  const [{ reason }] = await classifier.tune();
  assert.match(reason, /no WebGL/);
  console.log('like Keras');
})();
