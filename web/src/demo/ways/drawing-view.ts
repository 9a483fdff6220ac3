/** The drawing pad with its buttons. */

import type { Metadata, SamplePicture } from '../../client/index.js';
import { button, element } from '../page/elements.js';
import { strings } from '../page/strings.js';
import { DrawingPad } from './drawing.js';
import { type GrayPicture, measureInk } from './ink.js';

/** What happens with a drawing. */
export interface DrawingHandlers {
  /** Called while a stroke is drawn, and once more when it is done. */
  drawn(picture: ImageData, isDone: boolean): void;
  cleared(): void;
  /** The model's view of a sample. */
  preprocess(sample: SamplePicture): Promise<GrayPicture>;
}

const NAMED = 12;

/** Fills the panel with a pad whose pen and paper are those of the samples. */
export async function showDrawingPad(
  panel: HTMLElement,
  { classNames }: Metadata,
  samples: readonly SamplePicture[],
  handlers: DrawingHandlers,
): Promise<void> {
  const names = namesOf(classNames);
  const canvas = element('canvas', {
    id: 'drawing-pad',
    class: 'pad',
    role: 'img',
    'aria-label': strings.drawing.label(names),
  });
  let due = 0;
  const pad = new DrawingPad(canvas, (isDone) => {
    cancelAnimationFrame(due);
    due = requestAnimationFrame(() =>
      pad.isEmpty ? handlers.cleared() : handlers.drawn(pad.picture(), isDone),
    );
  });
  pad.use(measureInk(await Promise.all(samples.map(handlers.preprocess))));
  panel.replaceChildren(
    canvas,
    element('p', { class: 'hint' }, strings.drawing.hint(names)),
    element(
      'div',
      { class: 'buttons' },
      button(strings.drawing.undo, () => pad.undo(), { id: 'drawing-undo' }),
      button(strings.drawing.clear, () => pad.clear(), { id: 'drawing-clear' }),
    ),
  );
}

function namesOf(classNames: readonly string[]): string {
  const names = classNames.slice(0, NAMED).join(', ');
  return classNames.length > NAMED ? `${names}, …` : names;
}
