// @vitest-environment jsdom
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { loadClassifier } from 'kerasport';
import { ImageClassifierElement } from 'kerasport/element';
import { expect, test } from 'vitest';

test('a simulated page gets the answer of Keras, and the element', async () => {
  const classifier = await loadClassifier(pathToFileURL('model'));

  expect(document.createElement('image-classifier')).toBeInstanceOf(ImageClassifierElement);
  expect(await classifier.selfTest()).toMatchObject({ passed: true, differingPictures: 0 });
  const picture = new File([readFileSync('model/samples/01.png')], '01.png');
  const { predictions } = await classifier.classify(picture);
  expect(predictions[0].probability).toBeGreaterThan(0.3);
});
