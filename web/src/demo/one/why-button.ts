/** The button that lays a heat map over what the model sees. */

import type { Explanation } from '../../client/index.js';
import { button } from '../page/elements.js';
import { strings } from '../page/strings.js';
import { heatView } from './heat-map.js';

/** What the button works with. */
export interface WhyContext {
  /** The class that is explained. */
  readonly className: string;
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
  const { className, frame, note } = context;
  let heat: HTMLElement | undefined;
  const show = (shown: boolean) => {
    heat?.toggleAttribute('hidden', !shown);
    note.hidden = !shown;
    why.setAttribute('aria-pressed', String(shown));
  };
  const compute = async () => {
    why.setAttribute('aria-busy', 'true');
    note.hidden = false;
    note.textContent = strings.why.working;
    try {
      heat = heatView(await context.explain(), strings.why.alt(className));
      frame.append(heat);
      note.textContent = strings.why.legend(className);
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
    { id: 'why-button', class: 'button button--small', 'aria-pressed': 'false' },
  );
  return why;
}
