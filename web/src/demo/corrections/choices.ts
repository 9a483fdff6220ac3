/** A field to type into, and below it the names that fit, the most likely ones first. */

import { type Attributes, element } from '../page/elements.js';
import { DIGITS, digitsChoose, fitting, orderOf } from './search.js';

/** Of ten thousand names nobody scrolls through all. */
const MOST_SHOWN = 200;

/** What is chosen from, and how it looks. */
export interface ChoicesOptions {
  readonly names: readonly string[];
  readonly probabilities: ArrayLike<number> | null;
  /** What is said in the field, of no name that fits, and of those that are left out. */
  readonly words: {
    readonly type: string;
    readonly nothing: string;
    readonly more: (count: number) => string;
  };
  readonly field: Attributes;
  readonly list: Attributes;
  /** An item of the list, by its name, its place in it, and the key that chooses it. */
  readonly item: (name: string, place: number, key: HTMLElement | null) => HTMLElement;
  /** Told when the list shows other names. */
  readonly changed?: () => void;
}

/** The field, the list, and what is said below it. */
export interface Choices {
  readonly field: HTMLInputElement;
  readonly list: HTMLUListElement;
  readonly status: HTMLElement;
  /** The names that fit, in the order of the list, which may show fewer. */
  fitting(): readonly string[];
  /** Shows what fits. */
  filter(): void;
  /** The place in the list that a digit chooses, undefined for other keys. */
  placeOf(event: KeyboardEvent): number | undefined;
}

/** Makes them; nothing is shown before `filter`. */
export function choices(options: ChoicesOptions): Choices {
  const { names, words, item, changed } = options;
  const order = orderOf(names.length, options.probabilities);
  const hasDigits = digitsChoose(names);
  let found: readonly string[] = [];
  const list = element('ul', { class: 'class-menu__list', ...options.list });
  const field = element('input', {
    id: 'class-filter',
    class: 'class-menu__filter',
    type: 'text',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    placeholder: words.type,
    'aria-label': words.type,
    ...options.field,
  });
  const status = element('p', { class: 'hint', role: 'status' });
  const draw = (name: string, place: number) =>
    item(name, place, hasDigits && place < DIGITS ? key(String(place + 1)) : null);
  const filter = () => {
    found = fitting(field.value, names, order).map((index) => names[index]);
    list.replaceChildren(...found.slice(0, MOST_SHOWN).map(draw));
    const left = found.length - MOST_SHOWN;
    status.textContent = found.length === 0 ? words.nothing : left > 0 ? words.more(left) : '';
    changed?.();
  };
  field.addEventListener('input', filter);
  return {
    field,
    list,
    status,
    fitting: () => found,
    filter,
    placeOf: ({ key: typed }) =>
      hasDigits && /^[1-9]$/.test(typed) ? Number(typed) - 1 : undefined,
  };
}

/** The key that does it. */
export function key(name: string): HTMLElement {
  return element('kbd', { class: 'key', 'aria-hidden': 'true' }, name);
}
