/** The menu of classes: opens over the page, filters while somebody types, and gives one mark. */

import { button, element } from '../page/elements.js';
import { strings } from '../page/strings.js';
import { choices } from './choices.js';
import { openMenu } from './dialog.js';
import type { Mark } from './table.js';

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
  let active = 0;
  let chosen: Mark | null | undefined;

  const choose = (value: Mark | null) => {
    chosen = value;
    dialog.close();
  };
  const chooseAt = (place: number) => {
    const label = fitting()[place];
    if (label !== undefined) choose({ verdict: 'label', label });
  };
  const activate = (place: number) => {
    list.children[active]?.setAttribute('aria-selected', 'false');
    active = Math.max(0, Math.min(place, list.children.length - 1));
    const option = list.children[active];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    field.setAttribute('aria-activedescendant', option?.id ?? '');
  };
  const { field, list, status, fitting, filter, placeOf } = choices({
    names: classNames,
    probabilities,
    words: { type: text.type, nothing: text.noClass, more: text.more },
    field: {
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-controls': 'class-list',
      'aria-expanded': 'true',
    },
    list: { id: 'class-list', role: 'listbox', 'aria-label': text.classes },
    item: (name, place, key) => {
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
        key,
      );
      item.addEventListener('click', () => chooseAt(place));
      return item;
    },
    changed: () => activate(0),
  });
  field.addEventListener('keydown', (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const place = placeOf(event);
    if (event.key === 'ArrowDown') activate(active + 1);
    else if (event.key === 'ArrowUp') activate(active - 1);
    else if (event.key === 'Enter') chooseAt(active);
    else if (place !== undefined) chooseAt(place);
    else return;
    event.preventDefault();
  });

  const plain = (name: string, value: Mark | null, id: string) =>
    button(name, () => choose(value), { id, class: 'button button--small' });
  const { dialog, closed } = openMenu({
    title: text.question,
    picture: question.title,
    children: [
      field,
      list,
      status,
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
  field.focus();
  activate(mark?.verdict === 'label' ? fitting().indexOf(mark.label) : 0);
  return closed.then(() => chosen);
}
