/** @jest-environment jsdom */
const { loadClassifier, version } = require('kerasport');
const { ImageClassifierElement } = require('kerasport/element');

test('a simulated page has the element, and its own addresses', async () => {
  document.body.innerHTML = '<image-classifier label="Picture"></image-classifier>';

  const element = document.querySelector('image-classifier');
  expect(element).toBeInstanceOf(ImageClassifierElement);
  expect(element.shadowRoot.querySelector('label').textContent).toContain('Picture');
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  await expect(loadClassifier()).rejects.toMatchObject({ code: 'bundle-missing' });
});
