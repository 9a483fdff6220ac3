/** A table body of any length that holds elements only for the rows in view. */

import { element } from '../page/elements.js';

/** Height of every row in pixels, as in the style sheet. */
export const ROW_HEIGHT = 60;
const MARGIN = 6;

/** Shows items of a list in a table inside a scrolling element. */
export class VirtualRows<Item extends object> {
  readonly body = element('tbody');
  readonly #above = spacer();
  readonly #below = spacer();
  #items: readonly Item[] = [];
  #shown = new Map<Item, HTMLTableRowElement>();
  #frame = 0;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly view: (item: Item) => HTMLTableRowElement,
  ) {
    this.body.append(this.#above, this.#below);
    scroller.addEventListener('scroll', () => this.#later(), { passive: true });
    new ResizeObserver(() => this.#later()).observe(scroller);
  }

  /** Shows these items; what `changed` names is built anew. */
  show(items: readonly Item[], changed: Iterable<Item> = []): void {
    this.#items = items;
    for (const item of changed) {
      this.#shown.get(item)?.remove();
      this.#shown.delete(item);
    }
    this.#render();
  }

  #later(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#render());
  }

  #render(): void {
    const { scrollTop, clientHeight } = this.scroller;
    const count = this.#items.length;
    const last = Math.min(count, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + MARGIN);
    const first = Math.max(0, Math.min(last, Math.floor(scrollTop / ROW_HEIGHT) - MARGIN));
    const items = this.#items.slice(first, last);
    const shown = new Map(items.map((item) => [item, this.#shown.get(item) ?? this.view(item)]));
    for (const [item, row] of this.#shown) if (!shown.has(item)) row.remove();
    this.#above.style.height = `${first * ROW_HEIGHT}px`;
    this.#below.style.height = `${(count - last) * ROW_HEIGHT}px`;
    let before: Element = this.#above;
    let position = first;
    for (const row of shown.values()) {
      // The header is the first row.
      row.setAttribute('aria-rowindex', String(position + 2));
      position += 1;
      // A row that stays where it is keeps the focus.
      if (before.nextElementSibling !== row) before.after(row);
      before = row;
    }
    this.#shown = shown;
  }
}

function spacer(): HTMLTableRowElement {
  return element('tr', { class: 'spacer', 'aria-hidden': 'true' });
}
