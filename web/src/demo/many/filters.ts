/** Which rows are shown: by class, confidence, mistakes, and by a number of the score. */

import type { Classifier, LabelClassifier } from '../../client/index.js';
import { button, element } from '../page/elements.js';
import { strings } from '../page/strings.js';
import type { LabelChoice } from './label-score-view.js';
import type { Filter, Outcome, Row } from './rows.js';
import type { Choice } from './score-view.js';

const UNSURE = 'not sure';

/** The controls above a table. */
export class Filters {
  readonly root: HTMLElement;
  readonly #classNames: readonly string[];
  readonly #classes = element('select', { id: 'filter-class', class: 'select' });
  readonly #minimum = element('input', {
    id: 'filter-minimum',
    type: 'range',
    min: 0,
    max: 100,
    step: 1,
    value: 0,
  });
  readonly #minimumShown = element(
    'output',
    { for: 'filter-minimum', class: 'filters__value' },
    '0%',
  );
  readonly #wrong = element('input', { id: 'filter-wrong', type: 'checkbox' });
  readonly #marked = element('input', { id: 'filter-marked', type: 'checkbox' });
  readonly #shown = element('p', { class: 'hint', role: 'status' });
  readonly #showAll: HTMLButtonElement;
  readonly #ofLabels: boolean;
  #truth: string | undefined;
  #outcome: Outcome | undefined;

  /**
   * @param hasTruth - whether true classes are known, so that mistakes can be looked for.
   * @param changed - called when other rows are wanted; `all` when all are again.
   * @param isMarked - whether a row was corrected; null where none can be.
   */
  constructor(
    { classNames, metadata, kind }: Classifier | LabelClassifier,
    hasTruth: boolean,
    private readonly changed: (what: 'some' | 'all') => void,
    private readonly isMarked: ((row: Row) => boolean) | null = null,
  ) {
    const text = strings.many;
    this.#classNames = classNames;
    this.#ofLabels = kind === 'labels';
    this.#showAll = button(text.showAll, () => this.#reset(), { class: 'link', hidden: true });
    this.#classes.append(
      element('option', { value: '' }, this.#ofLabels ? strings.labels.all : text.allClasses),
      ...classNames.map((name, index) => element('option', { value: index }, name)),
    );
    if (metadata.confidenceThreshold !== null) {
      this.#classes.append(element('option', { value: UNSURE }, strings.result.unsure));
    }
    if (this.#ofLabels) {
      this.#classes.append(element('option', { value: UNSURE }, strings.labels.nothing));
    }
    for (const input of [this.#classes, this.#minimum, this.#wrong, this.#marked]) {
      input.addEventListener('input', () => this.#set(undefined));
    }
    const wrong = element(
      'label',
      { class: 'filter filter--check' },
      this.#wrong,
      element('span', {}, text.onlyWrong),
    );
    wrong.hidden = !hasTruth;
    const marked = element(
      'label',
      { class: 'filter filter--check' },
      this.#marked,
      element('span', {}, strings.corrections.only),
    );
    marked.hidden = isMarked === null;
    // Each label has a threshold of its own.
    const minimum = element(
      'label',
      { class: 'filter' },
      element('span', {}, `${text.minimum} `, this.#minimumShown),
      this.#minimum,
    );
    minimum.hidden = this.#ofLabels;
    const byClass = this.#ofLabels ? strings.labels.byLabel : text.byClass;
    this.root = element(
      'div',
      { class: 'filters', role: 'group', 'aria-label': text.filters },
      element('label', { class: 'filter' }, element('span', {}, byClass), this.#classes),
      minimum,
      wrong,
      marked,
      element('div', { class: 'filters__shown' }, this.#shown, this.#showAll),
    );
  }

  /** What is chosen now. */
  get filter(): Filter {
    const { value } = this.#classes;
    const marked = this.#marked.checked ? (this.isMarked ?? undefined) : undefined;
    if (this.#ofLabels) {
      const label = { index: Number(value), ...(this.#outcome && { outcome: this.#outcome }) };
      return {
        label: value === '' ? undefined : value === UNSURE ? null : label,
        minimum: 0,
        onlyWrong: this.#wrong.checked,
        marked,
      };
    }
    const chosen = value === UNSURE ? null : this.#classNames[Number(value)];
    return {
      className: value === '' ? undefined : chosen,
      truth: this.#truth,
      minimum: Number(this.#minimum.value) / 100,
      onlyWrong: this.#wrong.checked,
      marked,
    };
  }

  /** Shows the pictures that a number of the score counts. */
  choose({ truth, className }: Choice): void {
    this.#classes.value = String(this.#classNames.indexOf(className));
    this.#minimum.value = '0';
    this.#wrong.checked = false;
    this.#marked.checked = false;
    this.#set(truth);
  }

  /** Shows the pictures that a number of the labels' score counts. */
  chooseLabel({ index, outcome }: LabelChoice): void {
    this.#classes.value = String(index);
    this.#wrong.checked = false;
    this.#marked.checked = false;
    this.#set(undefined, 'some', outcome);
  }

  /** Says how many rows the filter lets through. */
  tell(shown: number, all: number): void {
    this.#shown.textContent = strings.many.shown(shown, all);
    this.#showAll.hidden = shown === all;
  }

  #set(truth: string | undefined, what: 'some' | 'all' = 'some', outcome?: Outcome): void {
    this.#truth = truth;
    this.#outcome = outcome;
    this.#minimumShown.textContent = `${this.#minimum.value}%`;
    this.changed(what);
  }

  #reset(): void {
    this.#classes.value = '';
    this.#minimum.value = '0';
    this.#wrong.checked = false;
    this.#marked.checked = false;
    this.#set(undefined, 'all');
  }
}
