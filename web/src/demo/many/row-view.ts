/** One row of the table: thumbnail, file, answer, and the true class where it is known. */

import type { Corrector } from '../corrections/corrector.js';
import { button, element } from '../page/elements.js';
import { formatShare } from '../page/format.js';
import { strings } from '../page/strings.js';
import {
  type Answered,
  type AnsweredLabels,
  answeredIn,
  isRight,
  outcomesOf,
  type Row,
} from './rows.js';
import type { Thumbnails } from './thumbnails.js';

/** What the rows of one table have in common. */
export interface RowContext {
  readonly thumbnails: Thumbnails;
  readonly hasTruth: boolean;
  /** Null where nothing can be corrected. */
  readonly corrector: Corrector | null;
  open(row: Row): void;
  /** Asks for the class of a row. */
  correct(row: Row): void;
}

/** The row as it is known now. */
export function rowView(row: Row, context: RowContext): HTMLTableRowElement {
  const { thumbnails, hasTruth, corrector, open } = context;
  const { answer, file, path } = row;
  const canvas = element('canvas', { class: 'thumbnail', 'aria-hidden': 'true' });
  void thumbnails.draw(file, canvas);
  const cut = path.lastIndexOf('/') + 1;
  const name = button('', () => open(row), { class: 'file-name', title: path });
  name.append(
    element('span', { class: 'file-name__name', dir: 'auto' }, path.slice(cut)),
    element(
      'span',
      { class: 'file-name__folder', dir: 'auto' },
      path.slice(0, Math.max(0, cut - 1)),
    ),
  );
  const cells: HTMLElement[] = [
    element('td', { class: 'cell cell--picture' }, canvas),
    element('td', { class: 'cell cell--path' }, name),
  ];
  if (answer === null) {
    cells.push(element('td', { class: 'cell cell--className muted' }, strings.many.waiting));
    cells.push(element('td', { class: 'cell cell--probability' }));
  } else if ('problem' in answer) {
    const { problem } = answer;
    const attributes = { class: 'cell cell--problem failed', colspan: 2, title: problem };
    cells.push(element('td', attributes, problem));
  } else if ('labels' in answer) {
    const attributes = { class: 'cell cell--labels', colspan: 2 };
    cells.push(element('td', attributes, labelsCell(row, answer)));
  } else {
    cells.push(
      element('td', { class: 'cell cell--className' }, answerView(row, answer)),
      element('td', { class: 'cell cell--probability' }, formatShare(answer.best.probability)),
    );
  }
  if (hasTruth) cells.push(truthCell(row));
  const view = element('tr', { class: 'row', 'data-testid': 'row' }, ...cells);
  view.dataset.path = path;
  if (corrector) {
    const correct = button('', () => context.correct(row), { class: 'correct-button' });
    view.append(element('td', { class: 'cell cell--mark' }, correct));
    showMark(view, row, corrector);
  }
  return view;
}

/** Writes the row's mark, or that it has none, on its button. */
export function showMark(view: HTMLElement, row: Row, corrector: Corrector): void {
  const correct = view.querySelector('.correct-button');
  if (!correct) return;
  const mark = corrector.marks.of(row.file);
  const text = strings.corrections;
  const answer = answeredIn(row);
  const words = mark ? corrector.words(mark, answer) : '';
  const isRight = corrector.isRight(mark, answer);
  const kind = !mark ? '' : isRight ? 'right' : mark.verdict;
  if (view.dataset.mark === kind && correct.getAttribute('data-words') === words) return;
  view.dataset.mark = kind;
  correct.setAttribute('data-words', words);
  const label = mark ? text.change(row.path, words) : text.correct(row.path);
  correct.setAttribute('aria-label', label);
  correct.setAttribute('title', mark ? words : text.hint);
  const shown = mark?.verdict === 'label' ? corrector.labelOf(mark) : words;
  correct.replaceChildren(
    element('span', { class: 'correct-button__sign', 'aria-hidden': 'true' }, SIGNS[kind]),
    element('span', { class: 'correct-button__text two-lines', dir: 'auto' }, shown),
  );
}

const SIGNS: Readonly<Record<string, string>> = {
  '': '✎',
  right: '✓',
  label: '→',
  none: '∅',
  bad: '⊘',
};

/** The labels that hold, and those that should; right, missed or false where that is known. */
function labelsCell(row: Row, { labels }: AnsweredLabels): HTMLElement {
  const outcomes = outcomesOf(row);
  const chips = labels
    .filter(({ holds }, index) => holds || outcomes?.[index] === 'missed')
    .map(({ index, name, probability, holds }) => {
      const outcome = outcomes?.[index] ?? 'held';
      const text = outcome === 'held' ? '' : strings.labels[outcome];
      const share = formatShare(probability);
      return element(
        'span',
        {
          class: `chip chip--${outcome}`,
          title: text ? `${name}, ${share}: ${text}` : `${name}, ${share}`,
        },
        text ? element('span', { 'aria-hidden': 'true' }, MARKS[outcome]) : null,
        element('span', { dir: 'auto' }, name),
        text && (!holds || outcome === 'false')
          ? element('span', { class: 'visually-hidden' }, `, ${text}`)
          : null,
      );
    });
  const nothing = element('span', { class: 'muted' }, strings.labels.nothing);
  return element(
    'div',
    { class: 'chips' },
    ...(labels.some(({ holds }) => holds) ? [] : [nothing]),
    ...chips,
  );
}

const MARKS: Readonly<Record<string, string>> = { right: '✓ ', missed: '– ', false: '✗ ' };

function truthCell({ truth, labels }: Row): HTMLElement {
  const name = truth ?? (labels ? labels.join(', ') || strings.labels.none : '');
  return element(
    'td',
    { class: 'cell cell--truth', title: name },
    element('span', { class: 'two-lines', dir: 'auto' }, name),
  );
}

/** The class, or that there is none to be named; right or wrong where that is known. */
function answerView(row: Row, { best: { className }, isSure, familiar }: Answered): HTMLElement {
  const right = isRight(row);
  // Rows have one height, whatever there is to say.
  const { strange, strangeShort, unsure } = strings.result;
  const [doubt, title] = familiar === false ? [strangeShort, strange] : [unsure, unsure];
  const text =
    isSure && familiar !== false
      ? [element('span', { class: 'two-lines', dir: 'auto', title: className }, className)]
      : [
          element('span', { class: 'ellipsis', title }, doubt),
          element('span', { class: 'muted small ellipsis' }, strings.many.perhaps(className)),
        ];
  const mark = {
    class: right ? 'mark mark--right' : 'mark mark--wrong',
    role: 'img',
    'aria-label': right ? strings.many.right : strings.many.wrong,
  };
  return element(
    'div',
    { class: 'answer-cell' },
    element('div', { class: 'answer-cell__text' }, ...text),
    right === null ? null : element('span', mark, right ? '✓' : '✗'),
  );
}
