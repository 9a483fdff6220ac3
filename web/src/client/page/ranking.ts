/** From probabilities to the classes that are named, or to the labels that hold. */

import type { AnswerOf, Classification, Label, LabelClassification, Prediction } from '../api.js';
import type { LabelsOutput, Metadata } from '../bundle/metadata.generated.js';
import type { OutputKind } from '../constants.generated.js';
import type { SessionAnswer } from '../worker/core.js';

/** What the metadata says of answers. */
type Rules = Pick<Metadata, 'confidenceThreshold' | 'output'>;

/**
 * An answer that took `total` milliseconds, as people see it.
 *
 * @param topK - how many of the most probable classes are named, where one is chosen.
 */
export function answerOf<Kind extends OutputKind, ClassName extends string>(
  answer: SessionAnswer,
  total: number,
  topK: number,
  rules: Rules,
  classNames: readonly ClassName[],
): AnswerOf<Kind, ClassName>;
export function answerOf<ClassName extends string>(
  answer: SessionAnswer,
  total: number,
  topK: number,
  rules: Rules,
  classNames: readonly ClassName[],
): Classification<ClassName> | LabelClassification<ClassName> {
  const { probabilities, input, milliseconds } = answer;
  const answered = { probabilities, input, milliseconds: { ...milliseconds, total } };
  const { output, confidenceThreshold } = rules;
  if (output.kind === 'labels') {
    const labels = labelsOf(probabilities, output, classNames);
    return { kind: 'labels', labels, held: labels.filter(({ holds }) => holds), ...answered };
  }
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
    kind: 'probabilities',
    predictions: [best, ...others.slice(0, topK - 1)],
    isSure: best.probability >= (confidenceThreshold ?? 0),
    ...answered,
  };
}

/** Every label, in the model's order. */
function labelsOf<ClassName extends string>(
  probabilities: Float32Array,
  { thresholds }: LabelsOutput,
  classNames: readonly ClassName[],
): Label<ClassName>[] {
  return Array.from(probabilities, (probability, index) => ({
    name: classNames[index],
    index,
    probability,
    threshold: thresholds[index],
    // Python compares float32 with float32.
    holds: probability >= Math.fround(thresholds[index]),
  }));
}
