/** The demo page: uses nothing of the client library but its public interface. */

import './demo.css';
import type { Classifier, SamplePicture } from '../client/index.js';
import { connectInputs } from './inputs.js';
import { strings } from './strings.js';
import {
  brokenModelView,
  classesView,
  missingModelView,
  type Page,
  pageView,
  problemView,
  resultView,
  samplesView,
  selfTestView,
  summaryView,
} from './views.js';

/** The client library as its classic script leaves it behind. */
declare const kerasport: typeof import('../client/index.js');

const SHOWN_CLASSES = 5;

const page = pageView();
document.body.prepend(page.root);
// Runs after the scripts behind this one: the library and the model.
addEventListener('DOMContentLoaded', start);

async function start(): Promise<void> {
  try {
    const classifier = await kerasport.loadClassifier(undefined, { backend: chosenBackend() });
    const samples = await classifier.samples();
    await classifier.warmUp();
    showModel(classifier, samples);
  } catch (error) {
    const missing = error instanceof kerasport.KerasportError && error.code === 'bundle-missing';
    page.root.replaceWith(missing ? missingModelView() : brokenModelView(explain(error)));
  }
}

function chosenBackend() {
  const name = new URLSearchParams(location.search).get('backend');
  return (['wasm', 'webgl', 'cpu'] as const).find((known) => known === name) ?? 'auto';
}

function showModel(classifier: Classifier, samples: readonly SamplePicture[]): void {
  const { metadata } = classifier;
  const classify = classificationOn(page, classifier);
  document.title = `${metadata.name} – ${strings.kicker}`;
  page.title.textContent = metadata.name;
  page.summary.replaceChildren(...summaryView(metadata));
  page.classes.replaceChildren(classesView(metadata.classNames));
  page.selfTest.replaceChildren(selfTestView(samples.length, () => classifier.selfTest()));
  page.samples.replaceChildren(
    samplesView(samples, ({ blob, label }) => classify(blob, strings.samples.name, label)),
  );
  page.fileInput.disabled = false;
  page.pasteButton.disabled = false;
  connectInputs(page, {
    picture: (file) => classify(file, file.name, null),
    problem: (kind) => showProblem(page, strings.errors[kind]),
  });
  setStatus(page, 'ready', strings.ready);
}

type Classify = (picture: Blob, name: string, label: string | null) => Promise<void>;

function classificationOn(page: Page, classifier: Classifier): Classify {
  const { backend } = classifier;
  let latest = 0;
  let shownUrl = '';
  return async (picture, name, label) => {
    const ticket = ++latest;
    setStatus(page, 'working', strings.working(name));
    try {
      const answer = await classifier.classify(picture, { topK: SHOWN_CLASSES });
      // Whoever drops a second picture wants the second answer.
      if (ticket !== latest) return;
      URL.revokeObjectURL(shownUrl);
      shownUrl = URL.createObjectURL(picture);
      page.result.replaceChildren(resultView(shownUrl, answer, { backend, label }));
      const [best] = answer.predictions;
      page.result.scrollIntoView({ block: 'nearest', behavior: scrollBehavior() });
      setStatus(page, 'done', strings.result.announce(best.className, best.probability));
    } catch (error) {
      if (ticket === latest) showProblem(page, explain(error));
    }
  };
}

function scrollBehavior(): ScrollBehavior {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth';
}

function showProblem(page: Page, message: string): void {
  page.result.replaceChildren(problemView(message));
  page.result.scrollIntoView({ block: 'nearest', behavior: scrollBehavior() });
  setStatus(page, 'problem', message);
}

/** Says what is going on, to people who look, people who listen, and tests. */
function setStatus(page: Page, state: string, message: string): void {
  page.status.dataset.state = state;
  page.status.textContent = message;
}

function explain(error: unknown): string {
  if (error instanceof kerasport.KerasportError) return error.message;
  return strings.errors.unexpected(error instanceof Error ? error.message : String(error));
}
