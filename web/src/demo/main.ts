/** The demo page: uses nothing of the client library but its public interface. */

// In this order: what a room says of its own parts comes behind what holds for the whole page.
import './page/page.css';
import './ways/ways.css';
import './one/one.css';
import './about/about.css';
import './many/many.css';
import './corrections/corrections.css';
import type { BackendName } from '../client/index.js';
import { App } from './app.js';
import { language } from './page/language.js';
import { keepForOffline } from './page/offline.js';
import { brokenModelView, missingModelView, pageView } from './page/page-view.js';
import { strings } from './page/strings.js';

/** The client library as its classic script leaves it behind. */
declare const kerasport: typeof import('../client/index.js');

/** What `?backend=` may say. As a record, because a backend that is missing here does not compile. */
const BACKENDS: Readonly<Record<BackendName, true>> = {
  wasm: true,
  webgl: true,
  webgpu: true,
  cpu: true,
};

let isWithoutScript = false;
// Of a script that is not there; one that is there and fails tells the window alone.
const note = ({ target }: Event) => {
  isWithoutScript ||= target instanceof HTMLScriptElement;
};
addEventListener('error', note, true);

document.documentElement.lang = language;
const page = pageView();
document.body.prepend(page.root);
// Runs after the scripts behind this one: the library and the model.
addEventListener('DOMContentLoaded', start);

async function start(): Promise<void> {
  const app = new App(page, {
    load: (source) => kerasport.loadClassifier(source, { backend: chosenBackend(), kind: 'any' }),
    openCamera: (options) => kerasport.openCamera(options),
    explain,
  });
  try {
    await app.open();
  } catch (error) {
    const isMissing = error instanceof kerasport.KerasportError && error.code === 'bundle-missing';
    app.showInstead((bundleInput) => {
      if (isMissing && isWithoutScript) return missingModelView(bundleInput);
      // A script that broke off leaves nothing behind, or not all of it.
      const reason = isMissing ? strings.broken.script : explain(error);
      return brokenModelView(reason, bundleInput);
    });
  }
  await keepForOffline();
}

function chosenBackend() {
  const name = new URLSearchParams(location.search).get('backend') ?? '';
  return Object.hasOwn(BACKENDS, name) ? (name as BackendName) : 'auto';
}

function explain(error: unknown): string {
  if (error instanceof kerasport.KerasportError) return error.message;
  return strings.errors.unexpected(error instanceof Error ? error.message : String(error));
}
