/** The table of many pictures with what belongs to it: progress, filters, downloads, score. */

import type { Classifier } from '../../client/index.js';
import type { Picked } from '../dropped.js';
import { button, element } from '../elements.js';
import { formatMilliseconds, formatShare } from '../format.js';
import { strings } from '../strings.js';
import { save, toCsv, toJson } from './download.js';
import {
  type Answered,
  arrange,
  type Column,
  type Filter,
  isRight,
  type Row,
  rowsOf,
} from './rows.js';
import { classifyRows } from './run.js';
import { scoreView } from './score-view.js';
import { Thumbnails } from './thumbnails.js';
import { VirtualRows } from './virtual-rows.js';

/** What the rest of the page does for the table. */
export interface ManyHandlers {
  /** Shows one picture of the table. */
  open(row: Row): void;
  back(): void;
  announce(state: 'working' | 'done', message: string): void;
  explain(error: unknown): string;
}

const COLUMNS: readonly Column[] = ['path', 'className', 'probability', 'truth'];
const ALL: Filter = { minimum: 0, onlyWrong: false };
const UNSURE = 'not sure';
// While pictures come in; sorting ten thousand rows for each would take longer than classifying.
const REFRESH_MILLISECONDS = 250;

/** One batch of pictures: classifies them and shows them as a table. */
export class ManyView {
  readonly root: HTMLElement;
  readonly #rows: readonly Row[];
  readonly #table: VirtualRows<Row>;
  readonly #stop = new AbortController();
  readonly #headers = new Map<Column, HTMLElement>();
  readonly #state = element('p', { class: 'hint', 'data-testid': 'many-state' });
  readonly #progress: HTMLProgressElement;
  readonly #shown = element('p', { class: 'hint', role: 'status' });
  readonly #minimumShown = element(
    'output',
    { for: 'filter-minimum', class: 'filters__value' },
    '0%',
  );
  readonly #scores = element('div', { class: 'many__score' });
  readonly #scroller: HTMLElement;
  readonly #empty = element('p', { class: 'hint many__empty', hidden: true }, strings.many.none);
  readonly #cancel: HTMLButtonElement;
  readonly #downloads: readonly HTMLButtonElement[];
  readonly #classes: HTMLSelectElement;
  readonly #minimum: HTMLInputElement;
  readonly #wrong: HTMLInputElement;
  readonly #showAll: HTMLButtonElement;
  #truth: string | undefined;
  #order = { column: 'path' as Column, descending: false };
  #changed = new Set<Row>();
  #refreshed = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly classifier: Classifier,
    pictures: readonly Picked[],
    private readonly ignored: number,
    private readonly handlers: ManyHandlers,
  ) {
    const { classNames, metadata } = classifier;
    this.#rows = rowsOf(pictures, classNames);
    const text = strings.many;
    this.#progress = element('progress', {
      class: 'progress',
      max: this.#rows.length,
      value: 0,
      'aria-label': text.progress,
    });
    this.#cancel = button(text.cancel, () => this.cancel(), { id: 'many-cancel' });
    this.#downloads = [
      button(text.csv, () => this.#save('csv', 'text/csv', toCsv(this.#arranged())), {
        id: 'many-csv',
        'aria-label': text.csvLabel,
      }),
      button(
        text.json,
        () =>
          this.#save(
            'json',
            'application/json',
            toJson(metadata.name, classNames, this.#arranged()),
          ),
        { id: 'many-json', 'aria-label': text.jsonLabel },
      ),
    ];
    this.#classes = element('select', { id: 'filter-class', class: 'select' });
    this.#minimum = element('input', {
      id: 'filter-minimum',
      type: 'range',
      min: 0,
      max: 100,
      step: 1,
      value: 0,
    });
    this.#wrong = element('input', { id: 'filter-wrong', type: 'checkbox' });
    this.#showAll = button(text.showAll, () => this.#unfilter(), { class: 'link', hidden: true });
    this.#scroller = element('div', {
      class: 'table-scroll',
      tabindex: 0,
      role: 'region',
      'aria-label': `${text.table}. ${text.tableHint}`,
    });
    const thumbnails = new Thumbnails();
    this.#table = new VirtualRows(this.#scroller, (row) => this.#rowView(row, thumbnails));
    this.root = this.#build();
    this.#refresh();
  }

  /** Classifies the pictures; ends early when it is cancelled. */
  async run(): Promise<void> {
    const started = performance.now();
    this.handlers.announce('working', strings.many.running(0, this.#rows.length));
    await classifyRows(this.classifier, this.#rows, {
      signal: this.#stop.signal,
      onAnswer: (row) => {
        this.#changed.add(row);
        this.#refreshSoon();
      },
      explain: this.handlers.explain,
    });
    this.#finish(performance.now() - started);
  }

  /** Stops after the picture that is being classified. */
  cancel(): void {
    this.#stop.abort();
  }

  #finish(duration: number): void {
    const done = this.#done();
    const count = this.#rows.length;
    clearTimeout(this.#timer);
    this.#refresh();
    this.#cancel.hidden = true;
    this.#progress.hidden = true;
    const complete = done === count;
    const message = complete
      ? strings.many.done(count, formatMilliseconds(duration))
      : strings.many.cancelled(done, count);
    this.#state.textContent = this.#sentence(message);
    for (const download of this.#downloads) download.disabled = false;
    this.root.dataset.state = complete ? 'done' : 'cancelled';
    this.handlers.announce('done', message);
  }

  #done(): number {
    return this.#rows.reduce((sum, { answer }) => sum + Number(answer !== null), 0);
  }

  #sentence(start: string): string {
    const failed = this.#rows.filter(({ answer }) => answer && 'problem' in answer).length;
    const parts = [start];
    if (failed) parts.push(strings.many.failed(failed));
    if (this.ignored) parts.push(strings.many.ignored(this.ignored));
    return `${parts.join('. ')}.`;
  }

  #build(): HTMLElement {
    const text = strings.many;
    for (const download of this.#downloads) download.disabled = true;
    return element(
      'section',
      { class: 'many', 'aria-labelledby': 'many-title', 'data-testid': 'many' },
      element(
        'div',
        { class: 'many__head' },
        element(
          'div',
          {},
          element('h2', { id: 'many-title', tabindex: -1 }, text.title(this.#rows.length)),
          this.#state,
        ),
        element(
          'div',
          { class: 'buttons' },
          button(text.back, this.handlers.back, { id: 'many-back' }),
          this.#cancel,
          ...this.#downloads,
        ),
        this.#progress,
      ),
      element(
        'div',
        { class: 'many__columns' },
        element(
          'div',
          { class: 'card many__card' },
          this.#filters(),
          this.#tableView(),
          this.#empty,
        ),
        this.#scores,
      ),
    );
  }

  #filters(): HTMLElement {
    const text = strings.many;
    const { classNames } = this.classifier;
    this.#classes.append(
      element('option', { value: '' }, text.allClasses),
      ...classNames.map((name, index) => element('option', { value: index }, name)),
    );
    if (this.classifier.metadata.confidenceThreshold !== null) {
      this.#classes.append(element('option', { value: UNSURE }, strings.result.unsure));
    }
    const changed = () => {
      this.#truth = undefined;
      this.#refilter();
    };
    for (const input of [this.#classes, this.#minimum, this.#wrong]) {
      input.addEventListener('input', changed);
    }
    const wrong = element(
      'label',
      { class: 'filter filter--check' },
      this.#wrong,
      element('span', {}, text.onlyWrong),
    );
    wrong.hidden = !this.#hasTruth();
    return element(
      'div',
      { class: 'filters', role: 'group', 'aria-label': text.filters },
      element('label', { class: 'filter' }, element('span', {}, text.byClass), this.#classes),
      element(
        'label',
        { class: 'filter' },
        element('span', {}, `${text.minimum} `, this.#minimumShown),
        this.#minimum,
      ),
      wrong,
      element('div', { class: 'filters__shown' }, this.#shown, this.#showAll),
    );
  }

  #refilter(): void {
    this.#minimumShown.textContent = `${this.#minimum.value}%`;
    this.#scroller.scrollTop = 0;
    this.#refresh();
  }

  #unfilter(): void {
    this.#classes.value = '';
    this.#minimum.value = '0';
    this.#wrong.checked = false;
    this.#truth = undefined;
    this.#refilter();
    this.#scroller.focus();
  }

  #hasTruth(): boolean {
    return this.#rows.some(({ truth }) => truth !== null);
  }

  #tableView(): HTMLElement {
    const text = strings.many.columns;
    const columns = COLUMNS.filter((column) => column !== 'truth' || this.#hasTruth());
    const headers = columns.map((column) => {
      const sort = button(text[column], () => this.#sortBy(column), { class: 'sort' });
      const header = element(
        'th',
        { scope: 'col', class: `cell cell--${column}`, 'data-column': column },
        sort,
      );
      this.#headers.set(column, header);
      return header;
    });
    this.#scroller.append(
      element(
        'table',
        { class: 'table', 'data-testid': 'table' },
        element(
          'thead',
          {},
          element(
            'tr',
            { 'aria-rowindex': 1 },
            element(
              'th',
              { scope: 'col', class: 'cell cell--picture' },
              element('span', { class: 'visually-hidden' }, text.picture),
            ),
            ...headers,
          ),
        ),
        this.#table.body,
      ),
    );
    return this.#scroller;
  }

  #rowView(row: Row, thumbnails: Thumbnails): HTMLTableRowElement {
    const { answer, file, path } = row;
    const canvas = element('canvas', { class: 'thumbnail', 'aria-hidden': 'true' });
    void thumbnails.draw(file, canvas);
    const cut = path.lastIndexOf('/') + 1;
    const name = button('', () => this.handlers.open(row), { class: 'file-name', title: path });
    name.append(
      element('span', { class: 'file-name__name' }, path.slice(cut)),
      element('span', { class: 'file-name__folder' }, path.slice(0, Math.max(0, cut - 1))),
    );
    const cells: HTMLElement[] = [
      element('td', { class: 'cell cell--picture' }, canvas),
      element('td', { class: 'cell cell--path' }, name),
    ];
    if (answer === null) {
      cells.push(element('td', { class: 'cell cell--className muted' }, strings.many.waiting));
      cells.push(element('td', { class: 'cell cell--probability' }));
    } else if ('problem' in answer) {
      cells.push(
        element(
          'td',
          { class: 'cell cell--problem failed', colspan: 2, title: answer.problem },
          answer.problem,
        ),
      );
    } else {
      cells.push(
        element('td', { class: 'cell cell--className' }, answerView(row, answer)),
        element('td', { class: 'cell cell--probability' }, formatShare(answer.best.probability)),
      );
    }
    if (this.#hasTruth()) cells.push(truthCell(row));
    const view = element('tr', { class: 'row', 'data-testid': 'row' }, ...cells);
    view.dataset.path = path;
    return view;
  }

  #sortBy(column: Column): void {
    const same = this.#order.column === column;
    // The most probable first is what people look for.
    const descending = same ? !this.#order.descending : column === 'probability';
    this.#order = { column, descending };
    this.#scroller.scrollTop = 0;
    this.#refresh();
  }

  #filter(): Filter {
    const { value } = this.#classes;
    const chosen = value === UNSURE ? null : this.classifier.classNames[Number(value)];
    return {
      ...ALL,
      className: value === '' ? undefined : chosen,
      truth: this.#truth,
      minimum: Number(this.#minimum.value) / 100,
      onlyWrong: this.#wrong.checked,
    };
  }

  #arranged(): Row[] {
    return arrange(this.#rows, this.#filter(), this.#order);
  }

  #refreshSoon(): void {
    const wait = this.#refreshed + REFRESH_MILLISECONDS - performance.now();
    this.#timer ??= setTimeout(() => this.#refresh(), Math.max(0, wait));
  }

  #refresh(): void {
    this.#timer = undefined;
    this.#refreshed = performance.now();
    const arranged = this.#arranged();
    this.#table.show(arranged, this.#changed);
    this.#changed.clear();
    const done = this.#done();
    this.#progress.value = done;
    if (!this.root?.dataset.state) {
      this.#state.textContent = this.#sentence(strings.many.running(done, this.#rows.length));
    }
    this.#shown.textContent = strings.many.shown(arranged.length, this.#rows.length);
    this.#showAll.hidden = arranged.length === this.#rows.length;
    this.#empty.hidden = arranged.length > 0;
    this.#scroller.firstElementChild?.setAttribute('aria-rowcount', String(arranged.length + 1));
    for (const [column, header] of this.#headers) {
      const direction = this.#order.descending ? 'descending' : 'ascending';
      header.setAttribute('aria-sort', column === this.#order.column ? direction : 'none');
    }
    this.#showScore();
  }

  #showScore(): void {
    const { classNames } = this.classifier;
    // A number that is pressed stays where the keyboard is.
    const label = this.#scores.contains(document.activeElement)
      ? document.activeElement?.getAttribute('aria-label')
      : null;
    this.#scores.replaceChildren(
      scoreView(this.#rows, classNames, ({ truth, className }) => {
        this.#classes.value = String(classNames.indexOf(className));
        this.#minimum.value = '0';
        this.#wrong.checked = false;
        this.#truth = truth;
        this.#refilter();
      }),
    );
    if (label) {
      this.#scores.querySelector<HTMLElement>(`[aria-label="${CSS.escape(label)}"]`)?.focus();
    }
  }

  #save(ending: string, type: string, content: string): void {
    save(`${this.classifier.metadata.name} predictions.${ending}`, type, content);
  }
}

function truthCell({ truth }: Row): HTMLElement {
  const name = truth ?? '';
  return element('td', { class: 'cell cell--truth ellipsis', title: name }, name);
}

/** The class, or that there is none to be named; right or wrong where that is known. */
function answerView(row: Row, { best: { className }, isSure }: Answered): HTMLElement {
  const right = isRight(row);
  const text = isSure
    ? [element('span', { class: 'ellipsis', title: className }, className)]
    : [
        element('span', { class: 'ellipsis' }, strings.result.unsure),
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
