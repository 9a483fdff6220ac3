/** Between the start, a table of pictures and single pictures of it: there, on, and back. */

import { connectSteps, type Steps } from '../one/steps-view.js';
import type { Page } from '../page/page-view.js';
import { type Place, Places } from '../page/places.js';
import type { Row } from './rows.js';
import type { ManyView } from './view.js';

/** What the rest of the page does when the place changes. */
export interface BrowsingHandlers {
  /** Classifies and shows one picture of the table. */
  classify(row: Row): Promise<void>;
  /** What was being classified alone is no longer wanted. */
  left(): void;
}

/** Shows one place at a time; the browser's Back and Forward lead between them. */
export class Browsing {
  readonly #places: Places;
  #many: ManyView | undefined;
  #row: Row | undefined;
  #steps: Steps | undefined;

  constructor(
    private readonly page: Page,
    private readonly handlers: BrowsingHandlers,
  ) {
    this.#places = new Places((place) => this.#arrive(place));
    page.backToMany.addEventListener('click', () => this.back());
    connectSteps(
      page.result,
      () => this.#steps,
      () => this.back(),
    );
  }

  /** The table, where there is one. */
  get many(): ManyView | undefined {
    return this.#many;
  }

  /** Whether the table is what is shown now. */
  get isTableShown(): boolean {
    return !this.page.many.hidden;
  }

  /** The way to the pictures beside the one that is shown; undefined where it is none of a table. */
  get steps(): Steps | undefined {
    return this.#steps;
  }

  /** Shows a table in the place of the one before. */
  openTable(many: ManyView): void {
    this.#many?.cancel();
    this.#many = many;
    this.#row = undefined;
    this.page.many.replaceChildren(many.root);
    this.#showTable();
  }

  /** Ends the table and shows the start. */
  closeTable(): void {
    this.#many?.cancel();
    this.#many = undefined;
    this.#row = undefined;
    this.page.many.replaceChildren();
    this.show('one');
  }

  /** Shows one picture of the table; `hadFocus` is the id of the button that led to it. */
  async openRow(row: Row, hadFocus = 'back-to-many'): Promise<void> {
    this.#places.enter('row');
    await this.handlers.classify(row);
    const wanted = document.getElementById(hadFocus);
    const isGone = !(wanted instanceof HTMLButtonElement) || wanted.disabled;
    (isGone ? this.page.backToMany : wanted).focus();
  }

  /** Goes back, as the browser's own button does. */
  back(): void {
    this.#places.back();
  }

  /** Shows the table or the card for one picture, which may be one of the table. */
  show(view: 'one' | 'many', row?: Row): void {
    const { page } = this;
    page.one.hidden = view !== 'one';
    page.many.hidden = view !== 'many';
    page.root.dataset.view = row ? 'row' : view;
    page.backToMany.hidden = !row;
    if (row) this.#row = row;
    this.#steps = row && this.#stepsFrom(row);
  }

  #arrive(place: Place): void {
    if (place === 'many' && this.#many) this.#showTable(this.#row);
    else if (place === 'row' && this.#many && this.#row) void this.openRow(this.#row);
    else {
      this.handlers.left();
      this.show('one');
      this.page.fileInput.focus();
    }
  }

  #showTable(row?: Row): void {
    this.handlers.left();
    this.#places.enter('many');
    this.show('many');
    this.#many?.focus(row);
  }

  #stepsFrom(row: Row): Steps | undefined {
    const around = this.#many?.around(row);
    if (!around) return undefined;
    const { position, count, previous, next } = around;
    return {
      position,
      count,
      previous: previous && (() => void this.openRow(previous, 'previous-picture')),
      next: next && (() => void this.openRow(next, 'next-picture')),
    };
  }
}
