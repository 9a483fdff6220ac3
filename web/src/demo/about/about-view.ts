/** The panel that tells what the model is, and checks it on this device. */

import type { Metadata, SelfTest } from '../../client/index.js';
import { button, chooser, element } from '../page/elements.js';
import { formatCount, formatShare } from '../page/format.js';
import { bundleChooser } from '../page/page-view.js';
import { strings } from '../page/strings.js';

/** What the panel can set going. */
export interface AboutHandlers {
  readonly samples: number;
  selfTest(): Promise<SelfTest>;
  explain(error: unknown): string;
  /** Null while the built-in model is in use, or where there is none. */
  readonly toBuiltIn: (() => void) | null;
}

/** The dialog, and the place where another model is chosen. */
export interface About {
  readonly dialog: HTMLDialogElement;
  readonly bundleInput: HTMLInputElement;
}

/** A closed dialog about the model. */
export function aboutView(metadata: Metadata, handlers: AboutHandlers): About {
  const text = strings.about;
  const bundleInput = bundleChooser('bundle-input');
  const close = button(text.close, () => dialog.close(), { id: 'about-close' });
  const dialog = element(
    'dialog',
    { id: 'about', class: 'about', 'aria-labelledby': 'about-title' },
    element(
      'div',
      { class: 'about__head' },
      element('h2', { id: 'about-title' }, text.title),
      close,
    ),
    element(
      'div',
      { class: 'about__body' },
      factsView(metadata),
      selfTestView(handlers),
      element(
        'section',
        { class: 'about__section' },
        element('h3', {}, text.other),
        element('p', { class: 'hint' }, text.otherHint),
        element(
          'div',
          { class: 'buttons' },
          ...chooser(bundleInput, text.otherChoose),
          handlers.toBuiltIn && button(text.builtIn, handlers.toBuiltIn, { id: 'built-in-button' }),
        ),
      ),
      classesView(metadata),
    ),
  );
  // A click beside the panel closes it.
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close();
  });
  return { dialog, bundleInput };
}

function factsView(metadata: Metadata): HTMLElement {
  const text = strings.about;
  const { training, metrics, preprocessing, inputShape, quantization } = metadata;
  const [height, width, channels] = inputShape;
  const facts: [string, string, string?][] = [[text.facts.name, metadata.name]];
  if (training) {
    const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
    const { train, validation, test } = training.counts;
    facts.push(
      [text.facts.architecture, training.architecture],
      [text.facts.training, text.trained(total(train), total(validation), total(test))],
      [text.facts.date, training.date],
    );
  }
  if (metrics?.testAccuracy != null) {
    const sentence = text.accuracy(metrics.testAccuracy, metrics.testPictures);
    facts.push([text.facts.accuracy, sentence, metrics.method]);
  }
  const { macroF1, exactMatch } = metrics?.labels ?? { macroF1: null, exactMatch: null };
  if (metrics && macroF1 !== null && exactMatch !== null) {
    const sentence = strings.labels.figuresText(macroF1, exactMatch, metrics.testPictures);
    facts.push([strings.labels.figures, sentence, metrics.method]);
  }
  if (metadata.confidenceThreshold !== null) {
    facts.push([text.facts.threshold, text.threshold(metadata.confidenceThreshold)]);
  }
  const { fit, resample } = preprocessing;
  facts.push(
    [text.facts.input, text.input(width, height, channels === 1)],
    [text.facts.preprocessing, text.preprocessing(text.fit[fit], resample)],
    [text.facts.size, text.size(bytesOf(metadata), quantization.weights)],
  );
  if (training) {
    const versions = Object.entries(training.versions)
      .filter(([name]) => ['keras', 'tensorflow', 'kerasport'].includes(name))
      .map(([name, version]) => `${name} ${version}`);
    facts.push([text.facts.versions, versions.join(', ')]);
  }
  return element(
    'dl',
    { class: 'about__facts' },
    ...facts.flatMap(([name, value, method]) => [
      element('dt', {}, name),
      element('dd', {}, value, method ? element('p', { class: 'hint small' }, method) : null),
    ]),
  );
}

function bytesOf({ files }: Metadata): number {
  return files
    .filter(({ path }) => path.endsWith('.bin') || path === 'model.json')
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

function classesView({ classNames, training, output }: Metadata): HTMLElement {
  const text = strings.about;
  const thresholds = output.kind === 'labels' ? output.thresholds : null;
  const title = thresholds
    ? strings.labels.facts(classNames.length)
    : text.classes(classNames.length);
  const counts = training?.counts;
  const number = (list: readonly number[] | undefined, index: number) => {
    const count = list?.[index];
    return element('td', {}, count === undefined ? '–' : formatCount(count));
  };
  return element(
    'section',
    { class: 'about__section' },
    element('h3', {}, title),
    element(
      'div',
      {
        class: 'classes',
        tabindex: 0,
        role: 'region',
        'aria-label': title,
      },
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            element('th', { scope: 'col' }, thresholds ? strings.labels.byLabel : text.className),
            element('th', { scope: 'col' }, text.trainPictures),
            element('th', { scope: 'col' }, text.testPictures),
            thresholds && element('th', { scope: 'col' }, strings.labels.threshold),
          ),
        ),
        element(
          'tbody',
          {},
          ...classNames.map((name, index) =>
            element(
              'tr',
              {},
              element('th', { scope: 'row', dir: 'auto', 'data-testid': 'class-name' }, name),
              number(counts?.train, index),
              number(counts?.test, index),
              thresholds && element('td', {}, formatShare(thresholds[index])),
            ),
          ),
        ),
      ),
    ),
  );
}

/** The offer to compare this device with Python. */
function selfTestView({ samples, selfTest, explain }: AboutHandlers): HTMLElement | null {
  if (samples === 0) return null;
  const outcome = element(
    'div',
    { class: 'self-test__outcome', id: 'self-test-outcome', role: 'status' },
    element('p', { class: 'hint' }, strings.selfTest.hint(samples)),
  );
  const run = button(
    strings.selfTest.button,
    async () => {
      // Not disabled, which would take the focus away.
      if (run.getAttribute('aria-disabled') === 'true') return;
      run.setAttribute('aria-disabled', 'true');
      outcome.replaceChildren(element('p', { class: 'hint' }, strings.selfTest.running));
      try {
        outcome.replaceChildren(...outcomeView(await selfTest()));
      } catch (error) {
        outcome.replaceChildren(element('p', { class: 'failed' }, explain(error)));
      } finally {
        run.removeAttribute('aria-disabled');
      }
    },
    { id: 'self-test-button' },
  );
  return element(
    'section',
    { class: 'about__section' },
    element('h3', {}, strings.selfTest.title),
    outcome,
    element('div', { class: 'buttons' }, run),
  );
}

function outcomeView(outcome: SelfTest): HTMLElement[] {
  const { pictures, passed, differingPictures, worst } = outcome;
  const success =
    differingPictures === null ? strings.selfTest.passedUnhashed : strings.selfTest.passed;
  const verdict = passed ? success(pictures) : strings.selfTest.failed(worst);
  const lines = [element('p', { class: passed ? 'passed' : 'failed' }, verdict)];
  if (differingPictures) {
    lines.push(element('p', {}, strings.selfTest.pixels(differingPictures)));
  }
  const { maxAbsoluteDifference, tolerance } = outcome;
  lines.push(
    element('p', { class: 'hint' }, strings.selfTest.difference(maxAbsoluteDifference, tolerance)),
  );
  return lines;
}
