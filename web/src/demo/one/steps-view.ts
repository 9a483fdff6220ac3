/** The way from one picture of a table to those beside it. */

import { button, element } from '../page/elements.js';
import { strings } from '../page/strings.js';

/** Where a picture stands among others. */
export interface Steps {
  readonly position: number;
  readonly count: number;
  /** Undefined where there is none. */
  readonly previous: (() => void) | undefined;
  readonly next: (() => void) | undefined;
}

/** How far a finger moves sideways, in CSS pixels, before it is a step and no tap. */
const SWIPE = 60;

/** Two buttons with the position between them. */
export function stepsView({ position, count, previous, next }: Steps): HTMLElement {
  const step = (text: string, label: string, id: string, go: (() => void) | undefined) =>
    button(text, () => go?.(), { id, 'aria-label': label, disabled: go === undefined });
  return element(
    'div',
    { class: 'steps' },
    step('←', strings.result.previous, 'previous-picture', previous),
    element('span', { id: 'picture-position' }, strings.result.position(position, count)),
    step('→', strings.result.next, 'next-picture', next),
  );
}

/**
 * Listens for arrow keys, Escape and swipes.
 *
 * @param present - the steps of what is shown; undefined where it is no picture of a table.
 */
export function connectSteps(
  place: HTMLElement,
  present: () => Steps | undefined,
  back: () => void,
): void {
  addEventListener('keydown', ({ key, target, altKey, ctrlKey, metaKey }) => {
    const steps = present();
    const isTyping = target instanceof Element && target.closest('input, select, dialog') !== null;
    if (!steps || isTyping || altKey || ctrlKey || metaKey) return;
    if (key === 'ArrowLeft') steps.previous?.();
    else if (key === 'ArrowRight') steps.next?.();
    else if (key === 'Escape') back();
  });
  let from: Touch | undefined;
  place.addEventListener(
    'touchstart',
    ({ touches }) => {
      from = touches.length === 1 ? touches[0] : undefined;
    },
    { passive: true },
  );
  place.addEventListener('touchend', ({ changedTouches: [to] }) => {
    const [across, down] = from ? [to.clientX - from.clientX, to.clientY - from.clientY] : [0, 0];
    from = undefined;
    if (Math.abs(across) < SWIPE || Math.abs(across) < 2 * Math.abs(down)) return;
    const steps = present();
    if (across > 0) steps?.previous?.();
    else steps?.next?.();
  });
}
