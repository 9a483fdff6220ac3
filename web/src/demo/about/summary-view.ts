/** What there is to say of the model under its name. */

import type { Metadata } from '../../client/index.js';
import { element } from '../page/elements.js';
import { strings } from '../page/strings.js';

/** One or two sentences: how many classes, how often right. */
export function summaryView({ classNames, metrics, output }: Metadata): (string | Node)[] {
  if (output.kind === 'labels') {
    const { labels } = strings;
    const told: (string | Node)[] = [labels.summary(classNames.length)];
    const macroF1 = metrics?.labels?.macroF1;
    if (metrics && macroF1 != null) {
      const text = labels.accuracy(macroF1, metrics.testPictures);
      told.push(' ', element('span', { id: 'accuracy', title: metrics.method }, text), '.');
    }
    return told;
  }
  const parts: (string | Node)[] = [strings.summary(classNames.length)];
  if (metrics?.testAccuracy != null) {
    const text = strings.accuracy(metrics.testAccuracy, metrics.testPictures);
    parts.push(' ', element('span', { id: 'accuracy', title: metrics.method }, text), '.');
  }
  return parts;
}
