/** Corrections on the page: of the model in use, at what is shown now. */

import type { Classification, Classifier, LabelClassifier } from '../../client/index.js';
import { Corrector, type Subject } from '../corrections/corrector.js';
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

  /** What corrects; null where the model has several labels for a picture. */
  get corrector(): Corrector | null {
    return this.#corrector ?? null;
  }

  /** Begins with the marks of another model. */
  use({ kind, classNames, metadata }: Classifier | LabelClassifier): void {
    this.#alone = undefined;
    this.#corrector = undefined;
    if (kind === 'labels') return;
    const shelf = browserShelf(shelfName(metadata.name, metadata.files), classNames);
    this.#corrector = new Corrector(classNames, shelf, {
      announce: this.announce,
      changed: () => this.browsing.many?.showMarks(),
      save: (name, content) => save(name, content.type, content),
    });
  }

  /** No picture is shown alone any more. */
  leave(): void {
    this.#alone = undefined;
  }

  /** What stands below the answer; null where the picture is no file of the user's. */
  at(
    picture: unknown,
    { predictions: [best], probabilities }: Classification,
    { path, truth }: { readonly path: string | null; readonly truth: string | null },
  ): HTMLElement | null {
    this.#alone = undefined;
    if (!this.#corrector || !(picture instanceof File)) return null;
    const file = picture;
    const answer = best.className;
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
