import { KerasportError, loadClassifier } from 'kerasport';
import { ImageClassifierElement } from 'kerasport/element';

const picture = document.querySelector('#picture');
const answer = document.querySelector('#answer');
const element = document.querySelector('image-classifier');
if (!(element instanceof ImageClassifierElement)) throw new Error('there is no element');

const ready = loadClassifier(new URL('/model/', location.href));

picture.addEventListener('change', async () => {
  try {
    const classifier = await ready;
    const { predictions } = await classifier.classify(picture.files[0], { topK: 1 });
    document.querySelector('#how').textContent = classifier.usesWorker ? 'worker' : 'page';
    const [{ className, probability }] = predictions;
    answer.textContent = `${className} (${probability.toFixed(3)})`;
  } catch (error) {
    answer.textContent = `${error instanceof KerasportError} (${error.stack})`;
  }
});
picture.disabled = false;
