import { type BatchResult, type Classifier, KerasportError, loadClassifier } from 'kerasport';
import type { ImageClassifierElement } from 'kerasport/element';

const element = document.querySelector('image-classifier');
if (element) {
  const same: ImageClassifierElement = element;
  same.addEventListener('classification', ({ detail }) => detail.probabilities.length.toFixed());
  same.addEventListener('classificationerror', ({ detail }) => detail.message.trim());
  same.addEventListener('click', ({ clientX }) => clientX.toFixed());
  same.addEventListener('modelload', ({ detail }) => detail.classNames.join());
  same.addEventListener('modelprogress', ({ detail }) => detail.bytes.total.toFixed());
  same.model = 'embedded:flowers';
  same.topK = 3;
  same.loading = 'eager';
  same.load().then((classifier) => {
    same.classifier = classifier;
  });
  // @ts-expect-error: no such camera
  same.capture = 'back';
  same.classify(new Blob()).then((answer) => answer?.isSure);
  // @ts-expect-error: it is no event with pictures in it
  same.addEventListener('classification', ({ detail }) => detail.pictures);
}

// A type can be pretended; a value there is none.
const pretended: Pick<Classifier, 'classNames' | 'dispose'> = { classNames: [], dispose() {} };
// @ts-expect-error: Classifier is a type
console.log(pretended instanceof Classifier);
export const results: BatchResult[] = [];
export const load = (): Promise<Classifier> =>
  loadClassifier(new URL('https://example.org/model/'), {
    workerUrl: () => new Worker('/worker.js'),
  });
export const code = (error: unknown) => (error instanceof KerasportError ? error.code : '');
