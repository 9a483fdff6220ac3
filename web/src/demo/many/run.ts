/** Classifies the rows of a table, beside the page, so that it stays usable. */

import type { Classifier } from '../../client/index.js';
import type { Row } from './rows.js';

/** Answers every row, in their order; returns early when `signal` says so. */
export async function classifyRows(
  classifier: Classifier,
  rows: readonly Row[],
  {
    signal,
    onAnswer,
    explain,
  }: {
    readonly signal: AbortSignal;
    onAnswer(row: Row): void;
    /** The sentence for a picture that has no answer. */
    explain(error: unknown): string;
  },
): Promise<void> {
  try {
    await classifier.classifyMany(
      rows.map(({ file }) => file),
      {
        topK: 1,
        signal,
        onResult({ index, classification, error }) {
          const row = rows[index];
          row.answer = classification
            ? {
                best: classification.predictions[0],
                probabilities: classification.probabilities,
                isSure: classification.isSure,
                familiar: classification.familiar,
                novelty: classification.novelty,
              }
            : { problem: explain(error) };
          onAnswer(row);
        },
      },
    );
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
