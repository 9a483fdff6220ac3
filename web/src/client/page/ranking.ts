/** From probabilities to the classes that are named. */

import type { Classification, Prediction } from '../api.js';
import type { Metadata } from '../bundle/metadata.generated.js';
import type { NoveltyScale } from '../model/novelty.js';
import type { SessionAnswer } from '../worker/core.js';

/** An answer that took `total` milliseconds, with the `topK` most probable classes by name. */
export function classificationOf<ClassName extends string>(
  { probabilities, features, input, milliseconds }: SessionAnswer,
  total: number,
  topK: number,
  { confidenceThreshold }: Pick<Metadata, 'confidenceThreshold'>,
  classNames: readonly ClassName[],
  scale?: NoveltyScale,
): Classification<ClassName> {
  const ranked = Array.from(
    probabilities,
    (probability, index): Prediction<ClassName> => ({
      className: classNames[index],
      index,
      probability,
    }),
  ).sort((a, b) => b.probability - a.probability || a.index - b.index);
  const [best, ...others] = ranked;
  return {
    predictions: [best, ...others.slice(0, topK - 1)],
    probabilities,
    isSure: best.probability >= (confidenceThreshold ?? 0),
    ...(scale && features ? scale.judge(features) : { familiar: true }),
    input,
    milliseconds: { ...milliseconds, total },
  };
}
