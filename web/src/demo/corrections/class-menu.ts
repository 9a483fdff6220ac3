/** The menu of classes: opens over the page, filters while somebody types, and gives one mark. */

import { button, element } from '../page/elements.js';
import { strings } from '../page/strings.js';
import { openMenu } from './dialog.js';
import { DIGITS, digitsChoose, fitting, orderOf } from './search.js';
import type { Mark } from './table.js';

/** Of ten thousand classes nobody scrolls through all. */
const MOST_SHOWN = 200;

/** What is asked. */
export interface Question {
  readonly title: string;
  readonly classNames: readonly string[];
  /** What the model said; null where it did not. */
  readonly answer: string | null;
  readonly probabilities: ArrayLike<number> | null;
  /** What is marked now. */
  readonly mark: Mark | undefined;
}

/** Resolves with the mark, with null where it is to be taken away, or undefined: nothing was chosen. */
export function askForMark(question: Question): Promise<Mark | null | undefined> {
  const { classNames, answer, mark, probabilities } = question;
  const text = strings.corrections;
  const order = orderOf(classNames.length, probabilities);
  const hasDigits = digitsChoose(classNames);
  let shown: number[] = [];
  let active = 0;
  let chosen: Mark | null | undefined;

  const list = element('ul', {
    id: 'class-list',
    class: 'class-menu__list',
    role: 'listbox',
    'aria-label': text.classes,
  });
  const input = element('input', {
    id: 'class-filter',
    class: 'class-menu__filter',
    type: 'text',
    role: 'combobox',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    placeholder: text.type,
    'aria-label': text.type,
    'aria-autocomplete': 'list',
    'aria-controls': 'class-list',
    'aria-expanded': 'true',
  });
  const none = element('p', { class: 'hint', role: 'status' });
  const choose = (value: Mark | null) => {
    chosen = value;
    dialog.close();
  };
  const chooseAt = (place: number) => {
    if (place < shown.length) choose({ verdict: 'label', label: classNames[shown[place]] });
  };
  const activate = (place: number) => {
    list.children[active]?.setAttribute('aria-selected', 'false');
    active = Math.max(0, Math.min(place, list.children.length - 1));
    const option = list.children[active];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', option?.id ?? '');
  };
  const option = (index: number, place: number) => {
    const name = classNames[index];
    const isMarked = mark?.verdict === 'label' && mark.label === name;
    const item = element(
      'li',
      {
        id: `class-${place}`,
        class: 'class-menu__class',
        role: 'option',
        'aria-selected': 'false',
      },
      element('span', { dir: 'auto' }, name),
      isMarked ? element('span', { class: 'muted small' }, text.marked) : null,
      name === answer ? element('span', { class: 'muted small' }, text.answered) : null,
      hasDigits && place < DIGITS ? key(String(place + 1)) : null,
    );
    item.addEventListener('click', () => chooseAt(place));
    return item;
  };
  const filter = () => {
    shown = fitting(input.value, classNames, order);
    list.replaceChildren(...shown.slice(0, MOST_SHOWN).map(option));
    const left = shown.length - MOST_SHOWN;
    none.textContent = shown.length === 0 ? text.noClass : left > 0 ? text.more(left) : '';
    activate(0);
  };
  input.addEventListener('input', filter);
  input.addEventListener('keydown', (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const place = hasDigits && /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
    if (event.key === 'ArrowDown') activate(active + 1);
    else if (event.key === 'ArrowUp') activate(active - 1);
    else if (event.key === 'Enter') chooseAt(active);
    else if (place >= 0) chooseAt(place);
    else return;
    event.preventDefault();
  });

  const plain = (name: string, value: Mark | null, id: string) =>
    button(name, () => choose(value), { id, class: 'button button--small' });
  const { dialog, closed } = openMenu({
    title: text.question,
    picture: question.title,
    children: [
      input,
      list,
      none,
      element(
        'div',
        { class: 'buttons' },
        answer === null
          ? null
          : plain(text.right(answer), { verdict: 'label', label: answer }, 'menu-right'),
        plain(text.none, { verdict: 'none', label: '' }, 'menu-none'),
        plain(text.bad, { verdict: 'bad', label: '' }, 'menu-bad'),
        mark ? plain(text.unmark, null, 'menu-unmark') : null,
      ),
    ],
  });
  filter();
  input.focus();
  const at = mark?.verdict === 'label' ? shown.indexOf(classNames.indexOf(mark.label)) : 0;
  activate(at);
  return closed.then(() => chosen);
}

/** The key that does it. */
export function key(name: string): HTMLElement {
  return element('kbd', { class: 'key', 'aria-hidden': 'true' }, name);
}
