/** Many pictures and their answers: what is known, in which order, which of them, how many right. */

import type { Label, Prediction } from '../../client/index.js';
import { cellOf } from '../corrections/cell.js';
import type { Subject } from '../corrections/corrector.js';
import { language } from '../page/language.js';
import type { Picked } from '../ways/dropped.js';

/** What the model said of one picture. */
export interface Answered {
  readonly best: Prediction;
  readonly isSure: boolean;
  /** Whether the picture is like those that the model was trained on; true unless told. */
  readonly familiar?: boolean;
  /** How strange it is, 0 to 1; undefined where the model does not measure it. */
  readonly novelty?: number | undefined;
  /** In the order of the class names. */
  readonly probabilities: Float32Array;
}

/** What a model of several labels said of one picture. */
export interface AnsweredLabels {
  /** In the order of the class names. */
  readonly labels: readonly Label[];
}

/** What came of one picture. */
export type RowAnswer = Answered | AnsweredLabels | { readonly problem: string };

/** A picture in the table. */
export interface Row extends Picked {
  /** The class of its folder, as `kerasport evaluate` reads the same folder; null outside. */
  readonly truth: string | null;
  /** The true labels of a model of several; null or missing where they are not known. */
  readonly labels?: readonly string[] | null;
  /** Null while it waits. */
  answer: RowAnswer | null;
}

/** A row for each picture. */
export function rowsOf(pictures: readonly Picked[], classNames: readonly string[]): Row[] {
  const truths = trueClasses(
    pictures.map(({ path }) => path),
    new Set(classNames),
  );
  return pictures.map(({ file, path }, index) => ({
    file,
    path,
    truth: truths[index],
    answer: null,
  }));
}

/**
 * The outermost folder inside what was dropped that bears the name of a class: what lies deeper only
 * sorts the pictures of that class. One folder that was dropped is itself the class where none of
 * those inside is.
 */
function trueClasses(paths: readonly string[], known: ReadonlySet<string>): (string | null)[] {
  // Class names are NFC; macOS hands out folder names decomposed.
  const folders = paths.map((path) => path.normalize('NFC').split('/').slice(0, -1));
  const roots = new Set(folders.map(([root]) => root));
  const outermost = (start: number) =>
    folders.map((names) => names.slice(start).find((name) => known.has(name)) ?? null);
  const inside = outermost(1);
  return roots.size === 1 && inside.some((name) => name !== null) ? inside : outermost(0);
}

/** The most probable class, or null where there is no answer. */
export function bestOf({ answer }: Row): Prediction | null {
  return answer !== null && 'best' in answer ? answer.best : null;
}

/** The class that was answered, or the labels as a cell has them; null where there is no answer. */
export function answeredIn(row: Row): string | null {
  const held = heldNames(row);
  return held ? cellOf(held) : (bestOf(row)?.className ?? null);
}

/** The row as something that can be corrected. */
export function subjectOf(row: Row): Subject {
  const { file, path, truth, labels, answer } = row;
  const subject = { file, path, answer: answeredIn(row) };
  const told = labelsOf(row);
  if (told) {
    const probabilities = told.map(({ probability }) => probability);
    return { ...subject, truth: labels ? cellOf(labels) : null, probabilities };
  }
  const probabilities = answer !== null && 'best' in answer ? answer.probabilities : null;
  return { ...subject, truth, probabilities };
}

/** Whether the answer is the true class, or exactly the true labels; null where either is unknown. */
export function isRight(row: Row): boolean | null {
  const outcomes = outcomesOf(row);
  if (outcomes) return outcomes.every((outcome) => outcome !== 'missed' && outcome !== 'false');
  const best = bestOf(row);
  return best === null || row.truth === null ? null : best.className === row.truth;
}

export type Column = 'path' | 'className' | 'probability' | 'truth';

/** The order of the table. */
export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

/** What came of one label of one picture; null where it is rightly absent. */
export type Outcome = 'right' | 'missed' | 'false';

/** The labels of a row; null where it has none, or no answer. */
export function labelsOf({ answer }: Row): readonly Label[] | null {
  return answer !== null && 'labels' in answer ? answer.labels : null;
}

/** What came of each label; null where the answer or the truth is unknown. */
export function outcomesOf(row: Row): (Outcome | null)[] | null {
  const labels = labelsOf(row);
  if (labels === null || row.labels == null) return null;
  const truth = new Set(row.labels);
  return labels.map(({ name, holds }) => {
    if (truth.has(name)) return holds ? 'right' : 'missed';
    return holds ? 'false' : null;
  });
}

/** Which rows are shown. */
export interface Filter {
  /** The pictures with this label; `null` for those without any, undefined for all. */
  readonly label?: { readonly index: number; readonly outcome?: Outcome } | null | undefined;
  /** A class, `null` for answers that are not sure, undefined for all. */
  readonly className?: string | null | undefined;
  readonly truth?: string | undefined;
  /** Least probability, 0 to 1. */
  readonly minimum: number;
  readonly onlyWrong: boolean;
  /** Whether a row is marked, where only those are shown. */
  readonly marked?: ((row: Row) => boolean) | undefined;
}

/** The rows that fit the filter, in order; those without an answer come last. */
export function arrange(rows: readonly Row[], filter: Filter, order: Order): Row[] {
  const key = KEYS[order.column];
  const sign = order.descending ? -1 : 1;
  return rows
    .filter((row) => fits(row, filter))
    .map((row, position) => ({ row, position, key: key(row) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) {
        return Number(a.key === null) - Number(b.key === null) || a.position - b.position;
      }
      return sign * compare(a.key, b.key) || a.position - b.position;
    })
    .map(({ row }) => row);
}

const KEYS: Record<Column, (row: Row) => string | number | null> = {
  path: (row) => row.path,
  className: (row) => bestOf(row)?.className ?? heldNames(row)?.join(', ') ?? null,
  probability: (row) => bestOf(row)?.probability ?? null,
  truth: (row) => row.truth ?? row.labels?.join(', ') ?? null,
};

/** Names of the labels that hold; null where there is no such answer. */
export function heldNames(row: Row): string[] | null {
  return (
    labelsOf(row)
      ?.filter(({ holds }) => holds)
      .map(({ name }) => name) ?? null
  );
}

const collator = new Intl.Collator(language, { numeric: true });

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : collator.compare(String(a), String(b));
}

function fits(row: Row, filter: Filter): boolean {
  const { className, truth, minimum, onlyWrong, label, marked } = filter;
  if (marked?.(row) === false) return false;
  if (label !== undefined && !fitsLabel(row, label)) return false;
  if (truth !== undefined && row.truth !== truth) return false;
  if (onlyWrong && isRight(row) !== false) return false;
  if (className === undefined && minimum === 0) return true;
  const { answer } = row;
  if (answer === null || !('best' in answer)) return false;
  if (answer.best.probability < minimum) return false;
  if (className === null) return !answer.isSure;
  return className === undefined || answer.best.className === className;
}

function fitsLabel(row: Row, label: Exclude<Filter['label'], undefined>): boolean {
  const labels = labelsOf(row);
  if (labels === null) return false;
  if (label === null) return labels.every(({ holds }) => !holds);
  if (label.outcome === undefined) return labels[label.index].holds;
  return outcomesOf(row)?.[label.index] === label.outcome;
}

/** How often a label was right, missed and false. */
export type LabelCounts = Readonly<Record<Outcome, number>> & { readonly held: number };

/** What came of each label over all rows, and of all labels of each row together. */
export function labelScoreOf(
  rows: readonly Row[],
  classNames: readonly string[],
): { readonly pictures: number; readonly right: number; readonly labels: LabelCounts[] } {
  const counts = classNames.map(() => ({ right: 0, missed: 0, false: 0, held: 0 }));
  let pictures = 0;
  let right = 0;
  for (const row of rows) {
    for (const { index, holds } of labelsOf(row) ?? []) counts[index].held += Number(holds);
    const outcomes = outcomesOf(row);
    if (outcomes === null) continue;
    pictures += 1;
    right += Number(isRight(row));
    for (const [index, outcome] of outcomes.entries()) if (outcome) counts[index][outcome] += 1;
  }
  return { pictures, right, labels: counts };
}

/** Classes up to which all pairs of them are counted; more would be a carpet of zeros. */
const MATRIX_CLASSES = 20;

/** How the answers compare with the folders. */
export interface Score {
  /** Pictures with an answer and a true class. */
  readonly pictures: number;
  readonly right: number;
  /**
   * Pictures by true class, then by answer, as positions among the class names; null for more than
   * 20 classes, see {@link mistakesOf}.
   */
  readonly confusion: number[][] | null;
}

/** The score of the rows so far. */
export function scoreOf(rows: readonly Row[], classNames: readonly string[]): Score {
  const isSmall = classNames.length <= MATRIX_CLASSES;
  const confusion = isSmall
    ? classNames.map(() => new Array<number>(classNames.length).fill(0))
    : null;
  let pictures = 0;
  let right = 0;
  for (const [truth, answer] of compared(rows, classNames)) {
    pictures += 1;
    right += Number(answer === truth);
    if (confusion) confusion[truth][answer] += 1;
  }
  return { pictures, right, confusion };
}

/** So many pictures of one class were taken for another; positions among the class names. */
export interface Confused {
  readonly truth: number;
  readonly answer: number;
  readonly count: number;
}

/** What is taken for what, most often first; of equal ones the earlier class is first. */
export function mistakesOf(rows: readonly Row[], classNames: readonly string[]): Confused[] {
  const counts = new Map<number, number>();
  for (const [truth, answer] of compared(rows, classNames)) {
    const pair = truth * classNames.length + answer;
    if (truth !== answer) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return [...counts]
    .sort(([pairA, a], [pairB, b]) => b - a || pairA - pairB)
    .map(([pair, count]) => {
      const answer = pair % classNames.length;
      return { truth: (pair - answer) / classNames.length, answer, count };
    });
}

/** True and answered class of each row that has both, as positions among the class names. */
function* compared(
  rows: readonly Row[],
  classNames: readonly string[],
): Generator<readonly [truth: number, answer: number]> {
  const position = new Map(classNames.map((name, index) => [name, index]));
  for (const row of rows) {
    const best = bestOf(row);
    const truth = row.truth === null ? undefined : position.get(row.truth);
    if (best !== null && truth !== undefined) yield [truth, best.index];
  }
}

/** Number of answers per class, most frequent first, classes without any left out. */
export function countsOf(rows: readonly Row[]): (readonly [className: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const name = bestOf(row)?.className;
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || collator.compare(a[0], b[0]));
}
