// `npm run build` puts these files there. The background may load nothing later, and starts no
// worker: it is one. The exported folder lies beside this file, as model/.
import { KerasportError, loadClassifier } from './kerasport/kerasport-static.js';

let loading;

/** The classifier, loaded once for as long as the browser keeps the background. */
function classifier() {
  loading ??= loadClassifier(chrome.runtime.getURL('model/')).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function answerTo({ picture }) {
  try {
    const { predictions, isSure } = await (await classifier()).classify(picture, { topK: 1 });
    const [{ className, probability }] = predictions;
    return isSure ? `${className} (${probability.toFixed(3)})` : 'not sure';
  } catch (error) {
    if (!(error instanceof KerasportError)) throw error;
    return error.message;
  }
}

chrome.runtime.onMessage.addListener((message, _sender, reply) => {
  answerTo(message).then(reply);
  return true;
});
