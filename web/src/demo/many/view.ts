/** The table of many pictures with what belongs to it: progress, filters, downloads, score. */

import type { Classifier, LabelClassifier } from '../../client/index.js';
import type { Corrector } from '../corrections/corrector.js';
import { button, element } from '../page/elements.js';
import { formatMilliseconds } from '../page/format.js';
import { strings } from '../page/strings.js';
import type { Picked } from '../ways/dropped.js';
import { save, toCsv, toJson, toLabelsCsv } from './download.js';
import { Filters } from './filters.js';
import { labelScoreView } from './label-score-view.js';
import { rowView, showMark } from './row-view.js';
import { arrange, type Column, type Row, rowsOf, subjectOf } from './rows.js';
import { classifyRows } from './run.js';
import { scoreView } from './score-view.js';
import { Thumbnails } from './thumbnails.js';
import type { Truths } from './true-labels.js';
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
  readonly #scores = element('div', { class: 'many__score' });
  readonly #scroller: HTMLElement;
  readonly #empty = element('p', { class: 'hint many__empty', hidden: true }, strings.many.none);
  readonly #cancel: HTMLButtonElement;
  readonly #downloads: readonly HTMLButtonElement[];
  readonly #filters: Filters;
  readonly #hasTruth: boolean;
  #order = { column: 'path' as Column, descending: false };
  #changed = new Set<Row>();
  #refreshed = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly classifier: Classifier | LabelClassifier,
    pictures: readonly Picked[],
    private readonly ignored: number,
    private readonly handlers: ManyHandlers,
    private readonly truths: Truths | null = null,
    private readonly corrector: Corrector | null = null,
  ) {
    const { classNames, metadata } = classifier;
    this.#rows = truths
      ? pictures.map((each, index) => ({
          ...each,
          truth: null,
          labels: truths.labels[index],
          answer: null,
        }))
      : rowsOf(pictures, classNames);
    this.#hasTruth = this.#rows.some(({ truth, labels }) => truth !== null || labels != null);
    const text = strings.many;
    this.#progress = element('progress', {
      class: 'progress',
      max: this.#rows.length,
      value: 0,
      'aria-label': text.progress,
    });
    this.#cancel = button(text.cancel, () => this.cancel(), {
      id: 'many-cancel',
      class: 'button button--small',
    });
    this.#downloads = [
      button(text.csv, () => this.#save('csv', 'text/csv', this.#csv()), {
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
    const filtered = (what: 'some' | 'all') => {
      this.#scroller.scrollTop = 0;
      this.#refresh();
      if (what === 'all') this.#scroller.focus();
    };
    const isMarked = corrector && ((row: Row) => corrector.marks.of(row.file) !== undefined);
    this.#filters = new Filters(classifier, this.#hasTruth, filtered, isMarked);
    this.#scroller = element('div', {
      class: 'table-scroll',
      tabindex: 0,
      role: 'region',
      'aria-label': `${text.table}. ${text.tableHint}`,
    });
    const context = {
      thumbnails: new Thumbnails(),
      hasTruth: this.#hasTruth,
      corrector,
      open: handlers.open,
      correct: (row: Row) => void this.#correct(row),
    };
    this.#table = new VirtualRows(this.#scroller, (row) => rowView(row, context));
    this.root = this.#build();
    this.#refresh();
    void corrector?.marks.know(this.#rows);
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

  /** The rows before and behind one, in the order and with the filters of the table. */
  around(row: Row): { position: number; count: number; previous?: Row; next?: Row } | undefined {
    const rows = this.#arranged();
    const at = rows.indexOf(row);
    if (at < 0) return undefined;
    const [previous, next] = [rows[at - 1], rows[at + 1]];
    return {
      position: at + 1,
      count: rows.length,
      ...(previous && { previous }),
      ...(next && { next }),
    };
  }

  /** Puts the focus on a row, where it is shown, else on the title. */
  focus(row?: Row): void {
    const shown = row && this.#table.reveal(row);
    const target = shown?.querySelector('button') ?? this.root.querySelector('#many-title');
    (target as HTMLElement | null)?.focus();
  }

  /** The row that an element of the table is in. */
  rowAt(place: Element): Row | undefined {
    return this.#table.itemAt(place);
  }

  /** Shows what is marked now. */
  showMarks(): void {
    const { corrector } = this;
    if (!corrector) return;
    for (const [row, view] of this.#table.shown) showMark(view, row, corrector);
    if (this.#filters.filter.marked) this.#refreshSoon();
  }

  async #correct(row: Row): Promise<void> {
    await this.corrector?.ask(subjectOf(row));
    // Where it is, or where it was before a filter dropped it, people go on.
    const again = this.#table.reveal(row)?.querySelector<HTMLElement>('.correct-button');
    (again ?? this.#scroller).focus();
  }

  #finish(duration: number): void {
    const done = this.#done();
    const count = this.#rows.length;
    clearTimeout(this.#timer);
    this.#refresh();
    this.#cancel.hidden = true;
    // Its place stays, so that the table does not move under the pointer.
    this.#progress.style.visibility = 'hidden';
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
          element('div', { class: 'many__state' }, this.#state, this.#cancel),
        ),
        element(
          'div',
          { class: 'buttons' },
          button(text.back, this.handlers.back, { id: 'many-back' }),
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
          this.#filters.root,
          this.corrector?.barView() ?? null,
          this.#tableView(),
          this.#empty,
        ),
        this.#scores,
      ),
    );
  }

  #tableView(): HTMLElement {
    const text = this.truths
      ? {
          ...strings.many.columns,
          className: strings.labels.column,
          truth: strings.labels.truth,
        }
      : strings.many.columns;
    const columns = COLUMNS.filter(
      (column) =>
        (column !== 'truth' || this.#hasTruth) && (column !== 'probability' || !this.truths),
    );
    const headers = columns.map((column) => {
      const sort = button(text[column], () => this.#sortBy(column), { class: 'sort' });
      const header = element(
        'th',
        {
          scope: 'col',
          class: `cell cell--${column}`,
          'data-column': column,
          // Labels take the place of class and confidence.
          ...(this.truths && column === 'className' && { colspan: 2 }),
        },
        sort,
      );
      this.#headers.set(column, header);
      return header;
    });
    this.#scroller.append(
      element(
        'table',
        { class: this.corrector ? 'table table--marks' : 'table', 'data-testid': 'table' },
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
            this.corrector
              ? element(
                  'th',
                  { scope: 'col', class: 'cell cell--mark muted small' },
                  element('span', {}, strings.corrections.column),
                )
              : null,
          ),
        ),
        this.#table.body,
      ),
    );
    return this.#scroller;
  }

  #sortBy(column: Column): void {
    const same = this.#order.column === column;
    // The most probable first is what people look for.
    const descending = same ? !this.#order.descending : column === 'probability';
    this.#order = { column, descending };
    this.#scroller.scrollTop = 0;
    this.#refresh();
  }

  #arranged(): Row[] {
    return arrange(this.#rows, this.#filters.filter, this.#order);
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
    this.#filters.tell(arranged.length, this.#rows.length);
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
      this.truths
        ? labelScoreView(this.#rows, classNames, this.truths.table, (choice) =>
            this.#filters.chooseLabel(choice),
          )
        : scoreView(this.#rows, classNames, (choice) => this.#filters.choose(choice)),
    );
    if (label) {
      this.#scores.querySelector<HTMLElement>(`[aria-label="${CSS.escape(label)}"]`)?.focus();
    }
  }

  #csv(): string {
    const rows = this.#arranged();
    return this.truths ? toLabelsCsv(this.classifier.classNames, rows) : toCsv(rows);
  }

  #save(ending: string, type: string, content: string): void {
    save(`${this.classifier.metadata.name} predictions.${ending}`, type, content);
  }
}
