/** The labels of one picture: those that hold first, and of the others the most probable. */

import type { Label, LabelClassification } from '../../client/index.js';
import { element } from '../page/elements.js';
import { formatShare } from '../page/format.js';
import { strings } from '../page/strings.js';

/** Labels that do not hold and are shown all the same. */
const SHOWN_OTHERS = 5;

/** What is known besides the answer. */
export interface LabelsContext {
  /** The true labels, where known. */
  readonly truth: readonly string[] | null;
  /** The button that explains a label, where it can be had. */
  readonly why: ((label: Label) => HTMLElement) | null;
}

/** Those that hold, most probable first; then the others. */
export function ranked(labels: readonly Label[]): Label[] {
  return [...labels].sort(
    (a, b) =>
      Number(b.holds) - Number(a.holds) || b.probability - a.probability || a.index - b.index,
  );
}

/** What stands below the picture. */
export function labelsView(
  { labels, held }: LabelClassification,
  { truth, why }: LabelsContext,
): (HTMLElement | null)[] {
  const all = ranked(labels);
  const known = truth && new Set(truth);
  // What was missed is shown however improbable it was.
  const shown = all.filter(
    ({ name }, rank) => rank < held.length + SHOWN_OTHERS || known?.has(name),
  );
  return [
    held.length > 0 ? null : nothingView(nearest(labels)),
    element(
      'ol',
      { class: 'predictions labels', 'aria-label': strings.labels.list },
      ...shown.map((label) => labelView(label, known?.has(label.name) ?? null, why)),
    ),
    all.length > shown.length
      ? element('p', { class: 'hint' }, strings.labels.others(all.length - shown.length))
      : null,
    truth && truthView(truth),
  ];
}

/** The answer in one sentence, for those who listen. */
export function labelsAnnouncement({ held }: LabelClassification): string {
  if (held.length === 0) return `${strings.labels.nothing}.`;
  const list = ranked(held).map(({ name, probability }) => `${name}, ${formatShare(probability)}`);
  return strings.labels.announce(list.join('; '));
}

/** The label that comes nearest to its own threshold. */
function nearest(labels: readonly Label[]): Label {
  const missing = ({ threshold, probability }: Label) => threshold - probability;
  return labels.reduce((best, label) => (missing(label) < missing(best) ? label : best));
}

function nothingView({ name, probability, threshold }: Label): HTMLElement {
  return element(
    'div',
    { class: 'unsure', 'data-testid': 'nothing' },
    element('p', { class: 'unsure__title' }, strings.labels.nothing),
    element('p', { class: 'hint' }, strings.labels.nothingWhy(name, probability, threshold)),
  );
}

/** One label with its bar, in which its threshold is marked. */
function labelView(label: Label, isTrue: boolean | null, why: LabelsContext['why']): HTMLElement {
  const { name, probability, threshold, holds } = label;
  const bar = element(
    'span',
    { class: 'bar bar--label', 'aria-hidden': 'true' },
    element('span', { class: 'bar__fill' }),
    element('span', { class: 'bar__threshold' }),
  );
  bar.style.setProperty('--share', String(probability));
  bar.style.setProperty('--threshold', String(threshold));
  const row = element(
    'li',
    { class: holds ? 'prediction label label--holds' : 'prediction label', 'data-testid': 'label' },
    element(
      'span',
      { class: 'prediction__class' },
      holds ? element('span', { class: 'label__mark', 'aria-hidden': 'true' }, '✓ ') : null,
      element('span', { dir: 'auto' }, name),
      holds ? element('span', { class: 'visually-hidden' }, `, ${strings.labels.holds}`) : null,
      outcomeView(holds, isTrue),
    ),
    bar,
    element(
      'span',
      { class: 'prediction__share' },
      formatShare(probability),
      element('span', { class: 'label__from' }, strings.labels.from(threshold)),
    ),
    why ? why(label) : null,
  );
  row.dataset.className = name;
  row.dataset.probability = String(probability);
  row.dataset.holds = String(holds);
  return row;
}

/** Right, missed or false; nothing where the truth is not known, or the label is rightly absent. */
function outcomeView(holds: boolean, isTrue: boolean | null): HTMLElement | null {
  if (isTrue === null || (!holds && !isTrue)) return null;
  const [kind, text] = !isTrue
    ? ['badge--wrong', strings.labels.false]
    : holds
      ? ['badge--right', strings.labels.right]
      : ['badge--wrong', strings.labels.missed];
  return element('span', { class: `badge ${kind}` }, text);
}

function truthView(truth: readonly string[]): HTMLElement {
  return element(
    'p',
    { class: 'truth', id: 'true-labels' },
    `${strings.labels.truth}: `,
    element('strong', { dir: 'auto' }, truth.join(', ') || strings.labels.none),
  );
}
