/** Classifies the rows of a table, beside the page, so that it stays usable. */

import type {
  BatchResult,
  Classification,
  Classifier,
  LabelClassification,
  LabelClassifier,
} from '../../client/index.js';
import type { Row, RowAnswer } from './rows.js';

/** Answers every row, in their order; returns early when `signal` says so. */
export async function classifyRows(
  classifier: Classifier | LabelClassifier,
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
    const files = rows.map(({ file }) => file);
    const onResult = ({ index, classification, error }: Told) => {
      const row = rows[index];
      row.answer = classification ? keptOf(classification) : { problem: explain(error) };
      onAnswer(row);
    };
    const options = { topK: 1, signal, onResult };
    if (classifier.kind === 'labels') await classifier.classifyMany(files, options);
    else await classifier.classifyMany(files, options);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

type Told = BatchResult<string, Classification> | BatchResult<string, LabelClassification>;

/** What the table keeps of an answer. */
function keptOf(answer: Classification | LabelClassification): RowAnswer {
  if (answer.kind === 'labels') return { labels: answer.labels };
  const { predictions, probabilities, isSure } = answer;
  return { best: predictions[0], probabilities, isSure };
}
