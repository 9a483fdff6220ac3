import { type Classification, KerasportError, loadClassifier } from 'kerasport';

const picture = document.querySelector<HTMLInputElement>('#picture');
const answer = document.querySelector<HTMLElement>('#answer');
if (!picture || !answer) throw new Error('The page has lost its elements.');

const ready = loadClassifier(new URL('model/', document.baseURI));

picture.addEventListener('change', async () => {
  const file = picture.files?.[0];
  if (!file) return;
  try {
    const classifier = await ready;
    answer.textContent = inWords(await classifier.classify(file, { topK: 1 }));
  } catch (error) {
    if (!(error instanceof KerasportError)) throw error;
    answer.textContent = error.message;
  }
});

function inWords({ predictions: [best], isSure }: Classification): string {
  return best && isSure ? `${best.className} (${best.probability.toFixed(3)})` : 'not sure';
}
