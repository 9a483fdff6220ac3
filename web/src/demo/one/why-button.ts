/** The button that lays a heat map over what the model sees. */

import type { Explanation } from '../../client/index.js';
import { button } from '../page/elements.js';
import { strings } from '../page/strings.js';
import { heatView } from './heat-map.js';

/** What the button works with. */
export interface WhyContext {
  /** The class that is explained. */
  readonly className: string;
  /** Which of several labels it is, whose maps lie in one place; undefined of the answer. */
  readonly label?: string;
  /** Where the heat map lies. */
  readonly frame: HTMLElement;
  /** What is said of it. */
  readonly note: HTMLElement;
  /** Computes the heat map; asked once. */
  explain(): Promise<Explanation>;
  /** Tells those who listen. */
  announce(message: string): void;
  /** The sentence for an error. */
  sentence(error: unknown): string;
}

/** Computes the heat map at the first click, and shows or hides it from then on. */
export function whyButton(context: WhyContext): HTMLButtonElement {
  const { className, frame, note, label } = context;
  let heat: HTMLElement | undefined;
  const show = (shown: boolean) => {
    // One place has one map, and one sentence.
    if (shown) frame.dispatchEvent(new CustomEvent('otherheat', { detail: why }));
    heat?.toggleAttribute('hidden', !shown);
    note.hidden = !shown;
    if (shown) note.textContent = strings.why.legend(className);
    why.setAttribute('aria-pressed', String(shown));
  };
  const compute = async () => {
    frame.dispatchEvent(new CustomEvent('otherheat', { detail: why }));
    why.setAttribute('aria-busy', 'true');
    note.hidden = false;
    note.textContent = strings.why.working;
    try {
      heat = heatView(await context.explain(), strings.why.alt(className));
      frame.append(heat);
      show(true);
      if (why.isConnected) context.announce(strings.why.announce(className));
    } catch (error) {
      note.textContent = context.sentence(error);
    } finally {
      why.removeAttribute('aria-busy');
    }
  };
  const why = button(
    strings.why.button,
    () => {
      if (why.getAttribute('aria-busy') === 'true') return;
      if (heat) show(heat.hidden);
      else void compute();
    },
    {
      ...(label === undefined
        ? { id: 'why-button' }
        : { 'aria-label': strings.labels.why(label), 'data-testid': 'why-label' }),
      class: 'button button--small',
      'aria-pressed': 'false',
    },
  );
  frame.addEventListener('otherheat', (event) => {
    if ((event as CustomEvent).detail === why || why.getAttribute('aria-pressed') !== 'true')
      return;
    heat?.setAttribute('hidden', '');
    why.setAttribute('aria-pressed', 'false');
  });
  return why;
}
