const { readFileSync } = require('node:fs');
const { KerasportError, loadClassifier } = require('kerasport');

test('require gives the library, and it answers like Keras', async () => {
  const classifier = await loadClassifier('model');

  expect(classifier.backend).toBe('wasm');
  expect(await classifier.selfTest()).toMatchObject({ passed: true, differingPictures: 0 });
  const picture = new Blob([readFileSync('model/samples/01.png')]);
  const { predictions } = await classifier.classify(picture);
  expect(predictions[0].probability).toBeGreaterThan(0.3);
  await expect(loadClassifier('lost')).rejects.toBeInstanceOf(KerasportError);
});
