/** What the page shows: builds elements, knows nothing of how the data came about. */

import type { Classification, Classifier, SamplePicture, SelfTest } from '../client/index.js';
import { element } from './elements.js';
import { formatMilliseconds, formatShare, strings } from './strings.js';

/** The page while a model is in use. */
export interface Page {
  readonly root: HTMLElement;
  readonly title: HTMLElement;
  readonly summary: HTMLElement;
  readonly dropZone: HTMLElement;
  readonly fileInput: HTMLInputElement;
  readonly pasteButton: HTMLButtonElement;
  readonly samples: HTMLElement;
  readonly classes: HTMLElement;
  readonly result: HTMLElement;
  readonly selfTest: HTMLElement;
  readonly status: HTMLElement;
}

/** The page before anything is known of the model: the same places, empty. */
export function pageView(): Page {
  const title = element('h1', { class: 'title' }, ' ');
  const summary = element('p', { class: 'summary' }, strings.loading);
  const fileInput = element('input', {
    id: 'file-input',
    class: 'visually-hidden',
    type: 'file',
    accept: 'image/*',
    'aria-label': strings.drop.label,
    disabled: true,
  });
  const pasteButton = element(
    'button',
    { id: 'paste-button', class: 'button', type: 'button', disabled: true },
    strings.drop.paste,
  );
  const status = element('p', { id: 'status', class: 'status', role: 'status' }, strings.loading);
  const dropZone = element(
    'div',
    { id: 'drop-zone', class: 'card drop-zone' },
    element('p', { class: 'drop-zone__title' }, strings.drop.title),
    element('p', { class: 'hint drop-zone__hint' }, strings.drop.hint(pasteKeys())),
    element(
      'div',
      { class: 'buttons' },
      fileInput,
      element('label', { class: 'button button--primary', for: 'file-input' }, strings.drop.choose),
      pasteButton,
    ),
    status,
  );
  const samples = element('div', { id: 'samples' });
  const classes = element('div', { id: 'classes' });
  const selfTest = element('div', { id: 'self-test' });
  const result = element('section', {
    id: 'result',
    class: 'card result',
    'aria-label': strings.result.title,
  });
  result.append(emptyResultView());
  const root = element(
    'div',
    { class: 'page' },
    element(
      'header',
      { class: 'header' },
      element('p', { class: 'kicker' }, strings.kicker),
      title,
      summary,
    ),
    element(
      'main',
      { class: 'columns' },
      element('div', { class: 'column' }, dropZone, samples),
      element('div', { class: 'column column--result' }, result),
      element('div', { class: 'column column--about' }, classes, selfTest),
    ),
    element('footer', { class: 'footer' }, strings.footer),
  );
  return {
    root,
    title,
    summary,
    dropZone,
    fileInput,
    pasteButton,
    samples,
    classes,
    result,
    selfTest,
    status,
  };
}

function pasteKeys(): string {
  return /Mac|iP(hone|ad)/.test(navigator.userAgent) ? '⌘V' : 'Ctrl+V';
}

/** What there is to say of the model under its name. */
export function summaryView({ classNames, metrics }: Classifier['metadata']): (string | Node)[] {
  const parts: (string | Node)[] = [strings.summary(classNames.length)];
  if (metrics?.testAccuracy != null) {
    const text = strings.accuracy(metrics.testAccuracy, metrics.testPictures);
    parts.push(' ', element('span', { id: 'accuracy', title: metrics.method }, text), '.');
  }
  return parts;
}

/** The sample pictures as a row of buttons. */
export function samplesView(
  samples: readonly SamplePicture[],
  choose: (sample: SamplePicture, position: number) => void,
): HTMLElement | '' {
  if (samples.length === 0) return '';
  const buttons = samples.map((sample, index) => {
    const label = strings.samples.item(index + 1, sample.label);
    const image = element('img', { src: URL.createObjectURL(sample.blob), alt: '' });
    const button = element(
      'button',
      {
        class: 'sample',
        type: 'button',
        'aria-label': label,
        title: label,
        'data-testid': 'sample',
      },
      image,
    );
    button.dataset.file = sample.file;
    button.addEventListener('click', () => choose(sample, index + 1));
    return element('li', {}, button);
  });
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, strings.samples.title),
    element('p', { class: 'hint' }, strings.samples.hint),
    element('ul', { class: 'samples' }, ...buttons),
  );
}

/** The names of all classes. */
export function classesView(classNames: readonly string[]): HTMLElement {
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, strings.classes(classNames.length)),
    element(
      'ul',
      { class: 'classes', tabindex: 0, 'aria-label': strings.classes(classNames.length) },
      ...classNames.map((name) => element('li', { 'data-testid': 'class-name' }, name)),
    ),
  );
}

/** The result before there is one. */
export function emptyResultView(): HTMLElement {
  return element(
    'div',
    { class: 'empty' },
    element('span', { class: 'empty__bars', 'aria-hidden': 'true' }),
    element('p', {}, strings.result.empty),
  );
}

/** A picture with its answer. */
export function resultView(
  pictureUrl: string,
  { predictions, input, milliseconds }: Classification,
  { backend, label }: { readonly backend: string; readonly label: string | null },
): HTMLElement {
  const [best] = predictions;
  return element(
    'div',
    { class: 'answer' },
    element(
      'div',
      { class: 'pictures' },
      figureView(
        element('img', { src: pictureUrl, alt: strings.result.pictureAlt }),
        strings.result.picture,
      ),
      figureView(inputView(input), strings.result.input, {
        note: strings.result.inputSize(input.width, input.height),
      }),
    ),
    element(
      'div',
      { class: 'headline' },
      element('p', { class: 'headline__class', id: 'best-class' }, best.className),
      element('p', { class: 'headline__share' }, formatShare(best.probability)),
    ),
    label === null ? null : truthView(label, best.className === label),
    element(
      'ol',
      { class: 'predictions', 'aria-label': strings.result.predictions },
      ...predictions.map(predictionView),
    ),
    element(
      'dl',
      { class: 'facts' },
      element('dt', {}, strings.result.time),
      element('dd', { id: 'time' }, formatMilliseconds(milliseconds.total)),
      element('dt', {}, strings.result.backend),
      element('dd', { id: 'backend' }, backend),
    ),
  );
}

function figureView(picture: HTMLElement, caption: string, { note = '' } = {}): HTMLElement {
  return element(
    'figure',
    { class: 'figure' },
    element('div', { class: 'frame' }, picture),
    element(
      'figcaption',
      {},
      caption,
      note ? element('span', { class: 'figure__note' }, ` ${note}`) : null,
    ),
  );
}

function inputView({ data, width, height, channels }: Classification['input']): HTMLElement {
  const canvas = element('canvas', {
    id: 'model-input',
    class: 'pixelated',
    width,
    height,
    role: 'img',
    'aria-label': strings.result.inputAlt(width, height),
  });
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      image.data[pixel * 4 + channel] = data[pixel * channels + (channels === 1 ? 0 : channel)];
    }
    image.data[pixel * 4 + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

function truthView(label: string, right: boolean): HTMLElement {
  return element(
    'p',
    { class: 'truth', id: 'true-class' },
    `${strings.result.truth}: `,
    element('strong', {}, label),
    ' ',
    element(
      'span',
      { class: right ? 'badge badge--right' : 'badge badge--wrong' },
      right ? strings.result.right : strings.result.wrong,
    ),
  );
}

function predictionView({ className, probability }: Classification['predictions'][number]) {
  const bar = element('span', { class: 'bar__fill' });
  bar.style.setProperty('--share', String(probability));
  const row = element(
    'li',
    { class: 'prediction', 'data-testid': 'prediction' },
    element('span', { class: 'prediction__class', title: className }, className),
    element('span', { class: 'prediction__share' }, formatShare(probability)),
    element('span', { class: 'bar', 'aria-hidden': 'true' }, bar),
  );
  row.dataset.className = className;
  row.dataset.probability = String(probability);
  return row;
}

/** A message in the place of a result; the page stays usable. */
export function problemView(message: string): HTMLElement {
  return element(
    'div',
    { class: 'problem', 'data-testid': 'problem' },
    element('p', { class: 'problem__title' }, strings.errors.title),
    element('p', {}, message),
  );
}

/** The offer to compare this device with Python. */
export function selfTestView(pictures: number, run: () => Promise<SelfTest>): HTMLElement | '' {
  if (pictures === 0) return '';
  const button = element(
    'button',
    { class: 'button', id: 'self-test-button', type: 'button' },
    strings.selfTest.button,
  );
  const outcome = element(
    'div',
    { class: 'hint', id: 'self-test-outcome', role: 'status' },
    element('p', {}, strings.selfTest.hint(pictures)),
  );
  button.addEventListener('click', async () => {
    button.disabled = true;
    outcome.replaceChildren(element('p', {}, strings.selfTest.running));
    try {
      outcome.replaceChildren(...selfTestOutcome(await run()));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      outcome.replaceChildren(element('p', { class: 'problem__title' }, message));
    } finally {
      button.disabled = false;
    }
  });
  return element(
    'section',
    { class: 'card self-test' },
    element('h2', {}, strings.selfTest.title),
    outcome,
    button,
  );
}

function selfTestOutcome(outcome: SelfTest): HTMLElement[] {
  const { pictures, passed, differingPictures, worst } = outcome;
  const success =
    differingPictures === null ? strings.selfTest.passedUnhashed : strings.selfTest.passed;
  const verdict = passed ? success(pictures) : strings.selfTest.failed(worst);
  const lines = [element('p', { class: passed ? 'passed' : 'failed' }, verdict)];
  if (differingPictures) {
    lines.push(element('p', {}, strings.selfTest.pixels(differingPictures)));
  }
  const { maxAbsoluteDifference, tolerance } = outcome;
  lines.push(element('p', {}, strings.selfTest.difference(maxAbsoluteDifference, tolerance)));
  return lines;
}

/** The whole page when there is no model. */
export function missingModelView(): HTMLElement {
  return fullPageView(
    element('h1', {}, strings.missing.title),
    element('p', {}, strings.missing.text),
    element('pre', {}, element('code', {}, strings.missing.command)),
    element('p', {}, strings.missing.afterwards),
  );
}

/** The whole page when the model is there but of no use. */
export function brokenModelView(message: string): HTMLElement {
  return fullPageView(element('h1', {}, strings.broken.title), element('p', {}, message));
}

function fullPageView(...children: readonly HTMLElement[]): HTMLElement {
  return element(
    'main',
    { class: 'full-page', id: 'message', role: 'alert' },
    element('div', { class: 'card full-page__card' }, ...children),
  );
}
