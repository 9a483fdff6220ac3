/** The menu of labels: any number of them is set, the answer's to begin with, and one mark given. */

import { button, element } from '../page/elements.js';
import { strings } from '../page/strings.js';
import { cellOf, namesOf } from './cell.js';
import { choices } from './choices.js';
import type { Question } from './class-menu.js';
import { openMenu } from './dialog.js';
import type { Mark } from './table.js';

/** Resolves with the mark, with null where it is to be taken away, or undefined: nothing was chosen. */
export function askForLabels(question: Question): Promise<Mark | null | undefined> {
  const { classNames, answer, mark, probabilities } = question;
  const text = strings.corrections;
  const answered = new Set(namesOf(answer ?? ''));
  const set = new Set(mark ? namesOf(mark.label) : answered);
  let chosen: Mark | null | undefined;

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
  const { field, list, status, filter, placeOf } = choices({
    names: classNames,
    probabilities,
    words: { type: text.labels.type, nothing: text.labels.noLabel, more: text.labels.more },
    field: {},
    list: { 'aria-label': text.labels.list },
    item: (name, _, key) => {
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
        key,
        box,
      );
      return element('li', {}, label);
    },
  });
  const plain = (name: string, does: () => void, id: string) =>
    button(name, does, { id, class: 'button button--small' });
  const { dialog, closed } = openMenu({
    title: text.labels.question,
    picture: question.title,
    children: [
      field,
      list,
      status,
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
    if (event.target instanceof HTMLButtonElement) return;
    const place = placeOf(event);
    if (event.key === 'Enter') save();
    else if (place !== undefined) list.querySelectorAll('input')[place]?.click();
    else return;
    event.preventDefault();
  });
  filter();
  field.focus();
  return closed.then(() => chosen);
}
