/** Corrections on the page: of the model in use, at what is shown now. */

import type {
  Classification,
  Classifier,
  LabelClassification,
  LabelClassifier,
} from '../../client/index.js';
import { cellOf } from '../corrections/cell.js';
import { Corrector, type CorrectorHandlers, type Subject } from '../corrections/corrector.js';
import { browserShelf, shelfName } from '../corrections/kept.js';
import type { Browsing } from './browsing.js';
import { save } from './download.js';
import { subjectOf } from './rows.js';

/** Keys in these are for what stands there. */
const TYPED = 'input, select, textarea, dialog';

/** Connects the keyboard and the views with the corrections of the present model. */
export class Correcting {
  #corrector: Corrector | undefined;
  #alone: Subject | undefined;

  constructor(
    private readonly browsing: Browsing,
    private readonly announce: (state: 'done' | 'problem', message: string) => void,
  ) {
    addEventListener('keydown', (event) => this.#press(event));
  }

  /** What corrects; null before there is a model. */
  get corrector(): Corrector | null {
    return this.#corrector ?? null;
  }

  /** Begins with the marks of another model. */
  use({ kind, classNames, metadata }: Classifier | LabelClassifier): void {
    this.#alone = undefined;
    const shelf = browserShelf(shelfName(metadata.name, metadata.files), classNames);
    const handlers: CorrectorHandlers = {
      announce: this.announce,
      changed: () => this.browsing.many?.showMarks(),
      save: (name, content) => save(name, content.type, content),
    };
    this.#corrector = new Corrector(classNames, shelf, handlers, kind === 'labels');
  }

  /** No picture is shown alone any more. */
  leave(): void {
    this.#alone = undefined;
  }

  /** What stands below the answer; null where the picture is no file of the user's. */
  at(
    picture: unknown,
    classification: Classification | LabelClassification,
    { path, truth }: { readonly path: string | null; readonly truth: string | null },
  ): HTMLElement | null {
    this.#alone = undefined;
    if (!this.#corrector || !(picture instanceof File)) return null;
    const file = picture;
    const [answer, probabilities] = told(classification);
    this.#alone = { file, path: path ?? file.name, truth, answer, probabilities };
    void this.#corrector.marks.know([this.#alone]);
    return this.#corrector.pictureView(this.#alone);
  }

  #press(event: KeyboardEvent): void {
    const { target } = event;
    if (event.defaultPrevented || !(target instanceof Element) || target.closest(TYPED)) return;
    const many = this.browsing.isTableShown ? this.browsing.many : undefined;
    const row = many?.rowAt(target);
    const subject = many ? row && subjectOf(row) : this.#alone;
    const done = this.#corrector?.press(event, subject);
    if (!done) return;
    event.preventDefault();
    if (!row) return;
    // The next one as it was before: a filter may drop the row that was marked.
    const next = many?.around(row)?.next ?? row;
    // At once: the key that follows is about the next one, however long this file takes to read.
    if (/^[rnb]$/i.test(event.key)) many?.focus(next);
    else void done.then((isMarked) => many?.focus(isMarked ? next : row));
  }
}

/** What is corrected, and the probabilities in the order of the class names. */
function told(answer: Classification | LabelClassification): [string, ArrayLike<number>] {
  if (answer.kind === 'labels') {
    const names = answer.held.map(({ name }) => name);
    return [cellOf(names), answer.labels.map(({ probability }) => probability)];
  }
  return [answer.predictions[0].className, answer.probabilities];
}
