/** The sample pictures that came with the model, as a row of buttons. */

import type { SamplePicture } from '../../client/index.js';
import { element, pictureElement } from '../page/elements.js';
import { strings } from '../page/strings.js';

/** A card of samples; nothing where there are none. */
export function samplesView(
  samples: readonly SamplePicture[],
  choose: (sample: SamplePicture) => void,
): HTMLElement | '' {
  if (samples.length === 0) return '';
  const buttons = samples.map((sample, index) => {
    const names = sample.labels?.join(', ') || (sample.labels ? strings.labels.none : null);
    const label = strings.samples.item(index + 1, sample.label ?? names);
    const image = pictureElement(URL.createObjectURL(sample.blob), '');
    image.draggable = false;
    const result = element(
      'button',
      {
        class: 'sample',
        type: 'button',
        'aria-label': label,
        title: label,
        'data-testid': 'sample',
      },
      image,
    );
    result.dataset.file = sample.file;
    result.addEventListener('click', () => choose(sample));
    return element('li', {}, result);
  });
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, strings.samples.title),
    element('p', { class: 'hint' }, strings.samples.hint),
    element('ul', { class: 'samples' }, ...buttons),
  );
}
