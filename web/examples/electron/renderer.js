const ready = kerasport.loadClassifier();
const answer = document.querySelector('#answer');

document.querySelector('#picture').addEventListener('change', async ({ target }) => {
  const [file] = target.files;
  if (!file) return;
  try {
    const classifier = await ready;
    const { predictions, isSure } = await classifier.classify(file, { topK: 1 });
    const [{ className, probability }] = predictions;
    answer.textContent = isSure ? `${className} (${probability.toFixed(3)})` : 'not sure';
  } catch (error) {
    answer.textContent = error.message;
  }
});
