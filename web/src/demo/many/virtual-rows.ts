/** A table body of any length that holds elements only for the rows in view. */

import { element } from '../page/elements.js';

/** Height of every row in pixels, as in the style sheet. */
export const ROW_HEIGHT = 60;
const MARGIN = 6;
/** About 130 pages: whoever wants more wants the CSV. */
const MOST_PRINTED = 2000;

/** Shows items of a list in a table inside a scrolling element. */
export class VirtualRows<Item extends object> {
  readonly body = element('tbody');
  readonly #above = spacer();
  readonly #below = spacer();
  #items: readonly Item[] = [];
  #shown = new Map<Item, HTMLTableRowElement>();
  #frame = 0;
  #isPrinting = false;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly view: (item: Item) => HTMLTableRowElement,
  ) {
    this.body.append(this.#above, this.#below);
    scroller.addEventListener('scroll', () => this.#later(), { passive: true });
    new ResizeObserver(() => this.#later()).observe(scroller);
    addEventListener('beforeprint', () => this.#print(true));
    addEventListener('afterprint', () => this.#print(false));
  }

  /** Scrolls to an item, and returns its row; undefined where it is not among those shown. */
  reveal(item: Item): HTMLTableRowElement | undefined {
    const at = this.#items.indexOf(item);
    if (at < 0) return undefined;
    const { scroller } = this;
    const top = at * ROW_HEIGHT;
    const isInView =
      top >= scroller.scrollTop &&
      top + 2 * ROW_HEIGHT <= scroller.scrollTop + scroller.clientHeight;
    if (!isInView) scroller.scrollTop = top - scroller.clientHeight / 2;
    this.#render();
    return this.#shown.get(item);
  }

  /** The item whose row this element is in; undefined outside. */
  itemAt(place: Element): Item | undefined {
    const row = place.closest('tr');
    return this.shown.find(([, each]) => each === row)?.[0];
  }

  /** The items that have a row now, with it. */
  get shown(): readonly (readonly [Item, HTMLTableRowElement])[] {
    return [...this.#shown];
  }

  #print(isPrinting: boolean): void {
    if (!this.scroller.isConnected) return;
    this.#isPrinting = isPrinting;
    this.#render();
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
    // On paper there is nothing to scroll.
    const [top, bottom] = this.#isPrinting
      ? [0, MOST_PRINTED * ROW_HEIGHT]
      : [scrollTop, scrollTop + clientHeight];
    const last = Math.min(count, Math.ceil(bottom / ROW_HEIGHT) + MARGIN);
    const first = Math.max(0, Math.min(last, Math.floor(top / ROW_HEIGHT) - MARGIN));
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
