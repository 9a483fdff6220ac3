/** The table as files to keep. */

import { bestOf, heldNames, isRight, labelsOf, type Row } from './rows.js';

const COLUMNS = ['file', 'class', 'confidence', 'sure', 'trueClass', 'correct', 'problem'];

/** Columns behind them, where the model measures how strange pictures are. */
const STRANGENESS = ['novelty', 'familiar'];

/**
 * The rows as CSV by RFC 4180, in UTF-8 with a byte order mark, without which Excel takes it for
 * another encoding.
 */
export function toCsv(rows: readonly Row[]): string {
  const isMeasured = rows.some((row) => noveltyOf(row) !== undefined);
  const lines = rows.map((row) => {
    const { answer } = row;
    const best = bestOf(row);
    return [
      text(row.path),
      text(best?.className ?? ''),
      best ? digits(best.probability) : '',
      answer !== null && 'best' in answer ? String(answer.isSure) : '',
      text(row.truth ?? ''),
      String(isRight(row) ?? ''),
      text(answer !== null && 'problem' in answer ? answer.problem : ''),
      ...(isMeasured ? strangeness(row) : []),
    ].join(',');
  });
  const columns = isMeasured ? [...COLUMNS, ...STRANGENESS] : COLUMNS;
  return `\ufeff${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}

function noveltyOf({ answer }: Row): number | undefined {
  return answer !== null && 'best' in answer ? answer.novelty : undefined;
}

function strangeness(row: Row): string[] {
  const { answer } = row;
  const novelty = noveltyOf(row);
  if (novelty === undefined || answer === null || !('best' in answer)) return ['', ''];
  return [digits(novelty), String(answer.familiar ?? true)];
}

/** The same of labels: those that hold and the true ones joined by `|`, and a column for each. */
export function toLabelsCsv(classNames: readonly string[], rows: readonly Row[]): string {
  const head = ['file', 'labels', 'trueLabels', 'correct', 'problem'];
  const columns = classNames.map((name) => text(`p:${name}`));
  const lines = rows.map((row) => {
    const { answer, labels } = row;
    const told = labelsOf(row);
    return [
      text(row.path),
      text(heldNames(row)?.join('|') ?? ''),
      text(labels?.join('|') ?? ''),
      String(isRight(row) ?? ''),
      text(answer !== null && 'problem' in answer ? answer.problem : ''),
      ...classNames.map((_, index) => (told ? digits(told[index].probability) : '')),
    ].join(',');
  });
  return `\ufeff${[[...head, ...columns].join(','), ...lines].join('\r\n')}\r\n`;
}

/** A field; what a spreadsheet would run as a formula gets an apostrophe in front (OWASP). */
function text(value: string): string {
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Enough digits to get the float32 back. */
function digits(probability: number): string {
  return String(Number(probability.toPrecision(9)));
}

/** The rows with all probabilities as JSON. */
export function toJson(model: string, classNames: readonly string[], rows: readonly Row[]): string {
  const pictures = rows.map((row) => {
    const { answer, path, truth } = row;
    if (answer === null) return { file: path, trueClass: truth };
    if ('problem' in answer) return { file: path, trueClass: truth, problem: answer.problem };
    if ('labels' in answer) {
      return {
        file: path,
        labels: heldNames(row),
        trueLabels: row.labels ?? null,
        probabilities: answer.labels.map(({ probability }) => Number(digits(probability))),
      };
    }
    return {
      file: path,
      class: answer.best.className,
      confidence: Number(digits(answer.best.probability)),
      sure: answer.isSure,
      ...(answer.novelty !== undefined && {
        novelty: Number(digits(answer.novelty)),
        familiar: answer.familiar ?? true,
      }),
      trueClass: truth,
      probabilities: Array.from(answer.probabilities, (value) => Number(digits(value))),
    };
  });
  return `${JSON.stringify({ model, classNames, pictures }, null, 1)}\n`;
}

/** Lets the browser save a text or a file under a name. */
export function save(name: string, type: string, content: string | Blob): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on a text once the click is handled; files are read by and by.
  setTimeout(() => URL.revokeObjectURL(url), content instanceof Blob ? 600_000 : 10_000);
}
