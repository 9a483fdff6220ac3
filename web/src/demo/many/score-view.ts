/** What many answers say together: how many are right, and which classes are taken for which. */

import { element } from '../page/elements.js';
import { formatCount, formatShare } from '../page/format.js';
import { strings } from '../page/strings.js';
import { type Confused, countsOf, mistakesOf, type Row, scoreOf } from './rows.js';

const LISTED = 12;
// What stands above a column without making it wider than its numbers.
const SHORT_NAME = 3;

/** What a click on a number shows in the table. */
export interface Choice {
  readonly truth?: string;
  readonly className: string;
}

/** Accuracy and confusion where the folders name classes, else the number of answers per class. */
export function scoreView(
  rows: readonly Row[],
  classNames: readonly string[],
  choose: (choice: Choice) => void,
): HTMLElement {
  const view = element('section', { class: 'card score', 'data-testid': 'score' });
  if (rows.some((row) => row.truth !== null)) {
    view.append(...comparison(rows, classNames, choose));
  } else {
    const counts = countsOf(rows).slice(0, 200);
    const most = counts[0]?.[1] ?? 1;
    view.append(
      element('h2', {}, strings.score.counts),
      element(
        'ul',
        { class: 'tally' },
        ...counts.map(([className, count]) =>
          tallyView(className, count, most, () => choose({ className })),
        ),
      ),
    );
  }
  return view;
}

function comparison(
  rows: readonly Row[],
  classNames: readonly string[],
  choose: (choice: Choice) => void,
): HTMLElement[] {
  const { pictures, right, confusion } = scoreOf(rows, classNames);
  return [
    element('h2', {}, strings.score.title),
    element('p', { class: 'hint' }, strings.score.hint),
    element(
      'p',
      { class: 'score__accuracy', 'data-testid': 'accuracy' },
      element('strong', {}, pictures ? formatShare(right / pictures) : '–'),
      ` ${strings.score.accuracy(right, pictures)}`,
    ),
    ...(confusion
      ? matrixView(confusion, classNames, choose)
      : mistakesView(mistakesOf(rows, classNames).slice(0, LISTED), classNames, choose)),
  ];
}

function matrixView(
  confusion: readonly (readonly number[])[],
  classNames: readonly string[],
  choose: (choice: Choice) => void,
): HTMLElement[] {
  const most = Math.max(1, ...confusion.flat());
  const head = element(
    'tr',
    {},
    element('td', { class: 'matrix__corner' }),
    ...classNames.map((name) =>
      element('th', { scope: 'col', title: name }, element('span', {}, name)),
    ),
  );
  const body = confusion.map((counts, truth) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', title: classNames[truth] }, classNames[truth]),
      ...counts.map((count, answer) => {
        const pair = { truth: classNames[truth], className: classNames[answer] };
        const kind = truth === answer ? 'matrix__cell--right' : 'matrix__cell--wrong';
        const cell = element('td', { class: count ? `matrix__cell ${kind}` : 'matrix__cell' });
        cell.style.setProperty('--share', String(count / most));
        if (count) {
          const label = strings.score.cell(count, pair.truth, pair.className);
          cell.append(numberButton(String(count), label, () => choose(pair)));
        } else {
          cell.append(element('span', { class: 'matrix__zero' }, '0'));
        }
        return cell;
      }),
    ),
  );
  const hint = strings.score.matrixHint;
  const long = classNames.some((name) => name.length > SHORT_NAME);
  return [
    element('h3', {}, strings.score.matrix),
    element('p', { class: 'hint' }, hint),
    element(
      'div',
      { class: 'matrix-scroll', tabindex: 0, role: 'region', 'aria-label': strings.score.matrix },
      element(
        'table',
        { class: long ? 'matrix matrix--long' : 'matrix', 'data-testid': 'confusion' },
        element('caption', { class: 'visually-hidden' }, `${strings.score.matrix}. ${hint}`),
        element('thead', {}, head),
        element('tbody', {}, ...body),
      ),
    ),
  ];
}

function mistakesView(
  mistakes: readonly Confused[],
  classNames: readonly string[],
  choose: (choice: Choice) => void,
): HTMLElement[] {
  const most = mistakes[0]?.count ?? 1;
  const items = mistakes.map(({ truth, answer, count }) => {
    const pair = { truth: classNames[truth], className: classNames[answer] };
    const text = strings.score.mistake(pair.truth, pair.className);
    return tallyView(text, count, most, () => choose(pair));
  });
  return [
    element('h3', {}, strings.score.mistakes),
    items.length > 0
      ? element('ul', { class: 'tally' }, ...items)
      : element('p', { class: 'hint' }, strings.score.noMistakes),
  ];
}

function tallyView(text: string, count: number, most: number, click: () => void): HTMLElement {
  const bar = element('span', { class: 'bar__fill' });
  bar.style.setProperty('--share', String(count / most));
  const row = element(
    'button',
    { type: 'button', class: 'tally__row' },
    element('span', { class: 'tally__name' }, text),
    element('span', { class: 'tally__count' }, formatCount(count)),
    element('span', { class: 'bar', 'aria-hidden': 'true' }, bar),
  );
  row.addEventListener('click', click);
  return element('li', {}, row);
}

function numberButton(text: string, label: string, click: () => void): HTMLElement {
  const result = element(
    'button',
    { type: 'button', class: 'matrix__number', 'aria-label': label, title: label },
    text,
  );
  result.addEventListener('click', click);
  return result;
}
