/** The menu of labels: any number of them is set, the answer's to begin with, and one mark given. */

import { button, element } from '../page/elements.js';
import { strings } from '../page/strings.js';
import { cellOf, namesOf } from './cell.js';
import { key, type Question } from './class-menu.js';
import { openMenu } from './dialog.js';
import { DIGITS, digitsChoose, fitting, orderOf } from './search.js';
import type { Mark } from './table.js';

/** Of ten thousand labels nobody scrolls through all. */
const MOST_SHOWN = 200;

/** Resolves with the mark, with null where it is to be taken away, or undefined: nothing was chosen. */
export function askForLabels(question: Question): Promise<Mark | null | undefined> {
  const { classNames, answer, mark, probabilities } = question;
  const text = strings.corrections;
  const order = orderOf(classNames.length, probabilities);
  const hasDigits = digitsChoose(classNames);
  const answered = new Set(namesOf(answer ?? ''));
  const set = new Set(mark ? namesOf(mark.label) : answered);
  let shown: number[] = [];
  let chosen: Mark | null | undefined;

  const list = element('ul', { class: 'class-menu__list', 'aria-label': text.labels.list });
  const input = element('input', {
    id: 'class-filter',
    class: 'class-menu__filter',
    type: 'text',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    placeholder: text.labels.type,
    'aria-label': text.labels.type,
  });
  const none = element('p', { class: 'hint', role: 'status' });
  const choose = (value: Mark | null) => {
    chosen = value;
    dialog.close();
  };
  const save = () => {
    const names = classNames.filter((name) => set.has(name));
    choose(
      names.length > 0
        ? { verdict: 'label', label: cellOf(names) }
        : { verdict: 'none', label: '' },
    );
  };
  const option = (index: number, place: number) => {
    const name = classNames[index];
    const box = element('input', { type: 'checkbox' });
    box.checked = set.has(name);
    box.addEventListener('change', () => {
      if (box.checked) set.add(name);
      else set.delete(name);
    });
    const label = element(
      'label',
      { class: 'class-menu__class', 'data-label': name },
      element('span', { dir: 'auto' }, name),
      answered.has(name) ? element('span', { class: 'muted small' }, text.answered) : null,
      hasDigits && place < DIGITS ? key(String(place + 1)) : null,
      box,
    );
    return element('li', {}, label);
  };
  const filter = () => {
    shown = fitting(input.value, classNames, order);
    list.replaceChildren(...shown.slice(0, MOST_SHOWN).map(option));
    const left = shown.length - MOST_SHOWN;
    none.textContent = shown.length === 0 ? text.labels.noLabel : left > 0 ? text.more(left) : '';
  };
  input.addEventListener('input', filter);
  const plain = (name: string, does: () => void, id: string) =>
    button(name, does, { id, class: 'button button--small' });
  const { dialog, closed } = openMenu({
    title: text.labels.question,
    picture: question.title,
    children: [
      input,
      list,
      none,
      element(
        'div',
        { class: 'buttons' },
        plain(text.labels.save, save, 'menu-save'),
        plain(text.none, () => choose({ verdict: 'none', label: '' }), 'menu-none'),
        plain(text.bad, () => choose({ verdict: 'bad', label: '' }), 'menu-bad'),
        mark ? plain(text.unmark, () => choose(null), 'menu-unmark') : null,
      ),
    ],
  });
  dialog.addEventListener('keydown', (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const { target } = event;
    if (target instanceof HTMLButtonElement) return;
    const place = hasDigits && /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
    if (event.key === 'Enter') save();
    else if (place >= 0) list.querySelectorAll('input')[place]?.click();
    else return;
    event.preventDefault();
  });
  filter();
  input.focus();
  return closed.then(() => chosen);
}
