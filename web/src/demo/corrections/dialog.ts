/** A menu over the page, as all of its kind look and close. */

import { button, element } from '../page/elements.js';
import { strings } from '../page/strings.js';

/** What a menu is about, and what is in it. */
export interface Menu {
  /** What is asked. */
  readonly title: string;
  /** What the picture is called. */
  readonly picture: string;
  readonly children: readonly (HTMLElement | null)[];
}

/** Opens it; `closed` when it is gone, however that came. */
export function openMenu({ title, picture, children }: Menu): {
  readonly dialog: HTMLDialogElement;
  readonly closed: Promise<void>;
} {
  const dialog = element(
    'dialog',
    { id: 'class-menu', class: 'card class-menu', 'aria-labelledby': 'class-menu-title' },
    element(
      'div',
      { class: 'class-menu__head' },
      element('h2', { id: 'class-menu-title' }, title),
      button('✕', () => dialog.close(), {
        class: 'button button--small',
        'aria-label': strings.corrections.close,
      }),
    ),
    element('p', { class: 'hint ellipsis', dir: 'auto', title: picture }, picture),
    ...children,
  );
  // A click beside it, as on every menu.
  dialog.addEventListener('click', ({ target, clientX, clientY }) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const isInside = clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
    if (target === dialog && !isInside) dialog.close();
  });
  document.body.append(dialog);
  const closed = new Promise<void>((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve();
    });
  });
  dialog.showModal();
  return { dialog, closed };
}
