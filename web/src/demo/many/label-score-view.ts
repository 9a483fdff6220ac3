/** What many answers of a model of several labels say together: each label right, missed, false. */

import { element } from '../page/elements.js';
import { formatCount, formatShare } from '../page/format.js';
import { strings } from '../page/strings.js';
import { type LabelCounts, labelScoreOf, type Outcome, type Row } from './rows.js';

/** What a click on a number shows in the table. */
export interface LabelChoice {
  readonly index: number;
  readonly outcome?: Outcome;
}

const OUTCOMES = ['right', 'missed', 'false'] as const;

/**
 * How often each label was right, missed and false where the truth is known, else how often it holds.
 *
 * @param source - the table that says which labels are true; null where the folders do.
 */
export function labelScoreView(
  rows: readonly Row[],
  classNames: readonly string[],
  source: string | null,
  choose: (choice: LabelChoice) => void,
): HTMLElement {
  const score = labelScoreOf(rows, classNames);
  const isKnown = rows.some(({ labels }) => labels != null);
  const { labels, score: title } = strings.labels && {
    labels: strings.labels,
    score: strings.score,
  };
  return element(
    'section',
    { class: 'card score', 'data-testid': 'score' },
    element('h2', {}, isKnown ? labels.score : title.counts),
    isKnown ? element('p', { class: 'hint' }, labels.scoreHint(source ?? labels.ofFolders)) : null,
    isKnown
      ? element(
          'p',
          { class: 'score__accuracy', 'data-testid': 'accuracy' },
          element('strong', {}, score.pictures ? formatShare(score.right / score.pictures) : '–'),
          ` ${labels.exact(score.right, score.pictures)}`,
        )
      : null,
    element('h3', {}, labels.table),
    element('p', { class: 'hint' }, labels.tableHint),
    tableView(score.labels, classNames, isKnown ? OUTCOMES : ['held'], choose),
  );
}

function tableView(
  counts: readonly LabelCounts[],
  classNames: readonly string[],
  columns: readonly (Outcome | 'held')[],
  choose: (choice: LabelChoice) => void,
): HTMLElement {
  const { labels } = strings;
  const word = (column: Outcome | 'held') => (column === 'held' ? labels.holds : labels[column]);
  const most = Math.max(1, ...counts.flatMap((each) => columns.map((column) => each[column])));
  const rows = counts.map((each, index) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', title: classNames[index], dir: 'auto' }, classNames[index]),
      ...columns.map((column) => {
        const count = each[column];
        const kind = column === 'missed' || column === 'false' ? 'wrong' : 'right';
        const cell = element('td', {
          class: count ? `matrix__cell matrix__cell--${kind}` : 'matrix__cell',
        });
        cell.style.setProperty('--share', String(count / most));
        if (count === 0) {
          cell.append(element('span', { class: 'matrix__zero' }, '0'));
          return cell;
        }
        const label = labels.cell(count, word(column), classNames[index]);
        const number = element(
          'button',
          { type: 'button', class: 'matrix__number', 'aria-label': label, title: label },
          formatCount(count),
        );
        number.addEventListener('click', () =>
          choose(column === 'held' ? { index } : { index, outcome: column }),
        );
        cell.append(number);
        return cell;
      }),
    ),
  );
  return element(
    'div',
    { class: 'matrix-scroll', tabindex: 0, role: 'region', 'aria-label': labels.table },
    element(
      'table',
      { class: 'matrix matrix--labels', 'data-testid': 'label-table' },
      element('caption', { class: 'visually-hidden' }, `${labels.table}. ${labels.tableHint}`),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          element('td', { class: 'matrix__corner' }),
          ...columns.map((column) => element('th', { scope: 'col' }, word(column))),
        ),
      ),
      element('tbody', {}, ...rows),
    ),
  );
}
