/** Correcting answers: what keys and buttons do, and what is said of it. */

import { button, element } from '../page/elements.js';
import { strings } from '../page/strings.js';
import { archives, tableFile } from './archive.js';
import { namesOf, unmistakable } from './cell.js';
import { key } from './choices.js';
import { askForMark } from './class-menu.js';
import type { Shelf } from './kept.js';
import { askForLabels } from './label-menu.js';
import { type Marked, Marks, type Picture } from './marks.js';
import { isSame, type Mark } from './table.js';

/** A picture that can be corrected. */
export interface Subject extends Picture {
  /** The class of its folder; null where that is none. */
  readonly truth: string | null;
  /** What the model said, of labels the cell of those that hold; null where it did not. */
  readonly answer: string | null;
  readonly probabilities: ArrayLike<number> | null;
}

/** What the rest of the page does. */
export interface CorrectorHandlers {
  /** Tells those who listen. */
  announce(state: 'done' | 'problem', message: string): void;
  /** Marks are others than before. */
  changed(): void;
  save(name: string, content: Blob): void;
}

/** The corrections of one model. */
export class Corrector {
  readonly marks: Marks;
  /** Says what was done where the page's own line is not in view. */
  readonly #said = element('p', { class: 'visually-hidden', role: 'status' });
  /** The views that say what is marked now; one that left the page is let go. */
  readonly #views = new Map<HTMLElement, () => readonly (HTMLElement | null)[]>();

  constructor(
    private readonly classNames: readonly string[],
    shelf: Shelf,
    private readonly handlers: CorrectorHandlers,
    /** Whether a picture has any number of labels. */
    private readonly several = false,
  ) {
    this.marks = new Marks(shelf, () => {
      for (const [root, children] of this.#views) {
        if (root.isConnected) show(root, children());
        else this.#views.delete(root);
      }
      handlers.changed();
    });
  }

  /** Opens the menu of classes; resolves with whether something was chosen. */
  async ask(subject: Subject): Promise<boolean> {
    const { answer, probabilities, path, file } = subject;
    const { classNames } = this;
    const mark = this.marks.of(file);
    const askFor = this.several ? askForLabels : askForMark;
    const chosen = await askFor({ title: path, classNames, answer, probabilities, mark });
    if (chosen !== undefined) await this.#mark(subject, chosen);
    return chosen !== undefined;
  }

  /**
   * Does what a key is for; undefined where that is nothing.
   *
   * @returns a promise of whether the picture has another mark for it.
   */
  press(event: KeyboardEvent, subject: Subject | undefined): Promise<boolean> | undefined {
    const { ctrlKey, metaKey, altKey, repeat } = event;
    const name = event.key.toLowerCase();
    // A key that is held down would mark row after row.
    if (altKey || repeat) return undefined;
    if (ctrlKey || metaKey) return name === 'z' ? this.#undoByKey() : undefined;
    if (name === 'u') return this.#undoByKey();
    if (!subject) return undefined;
    const { answer } = subject;
    if (name === 'c') return this.ask(subject);
    if (name === 'n') return this.#mark(subject, { verdict: 'none', label: '' });
    if (name === 'b') return this.#mark(subject, { verdict: 'bad', label: '' });
    if (name !== 'r' || answer === null) return undefined;
    return this.#mark(subject, rightMark(answer));
  }

  /** Whether a mark says that the answer is right. */
  isRight(mark: Mark | undefined, answer: string | null): boolean {
    return mark !== undefined && answer !== null && isSame(mark, rightMark(answer));
  }

  /** What a mark says, in words. */
  words(mark: Mark, answer: string | null): string {
    const text = strings.corrections;
    if (mark.verdict === 'bad') return text.bad;
    const isRight = this.isRight(mark, answer);
    if (mark.verdict === 'none') return isRight ? text.right(strings.labels.nothing) : text.none;
    const label = this.labelOf(mark);
    return isRight ? text.right(label) : label;
  }

  /** The class of a mark, or its labels, for people. */
  labelOf({ label }: Mark): string {
    return this.several ? namesOf(label).join(', ') : label;
  }

  /** What stands below one picture and its answer. */
  pictureView(subject: Subject): HTMLElement {
    const text = strings.corrections;
    const root = element('section', { class: 'correct', 'aria-label': text.title });
    root.dataset.testid = 'correct';
    return this.#live(root, () => {
      const mark = this.marks.of(subject.file);
      const { answer } = subject;
      const act = (name: string, letter: string, id: string, does: () => void, isOn = false) => {
        const attributes = {
          'data-testid': id,
          class: 'button button--small',
          'aria-pressed': String(isOn),
        };
        const result = button(name, does, attributes);
        result.append(key(letter));
        return result;
      };
      const set = (value: Mark) => () => void this.#mark(subject, value);
      const isRight = this.isRight(mark, answer);
      const isOther = mark?.verdict === 'label' && !isRight;
      const words = this.several ? text.labels.other : text.other;
      const other = act(words, 'C', 'correct-class', () => void this.ask(subject), isOther);
      const none = set({ verdict: 'none', label: '' });
      const bad = set({ verdict: 'bad', label: '' });
      return [
        element(
          'p',
          { class: mark ? 'correct__state' : 'correct__state muted', id: 'correction' },
          mark ? text.state(this.words(mark, answer)) : text.unmarked,
        ),
        element(
          'div',
          { class: 'buttons' },
          answer === null
            ? null
            : act(text.rightShort, 'R', 'correct-right', set(rightMark(answer)), isRight),
          other,
          act(text.none, 'N', 'correct-none', none, mark?.verdict === 'none' && !isRight),
          act(text.bad, 'B', 'correct-bad', bad, mark?.verdict === 'bad'),
        ),
        this.marks.count > 0 || this.marks.canUndo ? this.#savingView() : null,
      ];
    });
  }

  /** How many are corrected, and how they leave the page. */
  barView(): HTMLElement {
    const root = element('div', { class: 'corrections', role: 'group' });
    root.setAttribute('aria-label', strings.corrections.title);
    root.dataset.testid = 'corrections';
    root.append(
      this.#live(element('div'), () => [this.#savingView()]),
      this.#said,
    );
    return root;
  }

  #savingView(): HTMLElement {
    const text = strings.corrections;
    const { count, canUndo } = this.marks;
    const small = { class: 'button button--small' };
    const save = (name: string, id: string, label: string, does: () => void) =>
      button(name, does, {
        ...small,
        'data-testid': id,
        'aria-label': label,
        disabled: count === 0,
      });
    return element(
      'div',
      { class: 'saving' },
      element(
        'p',
        { class: 'hint', 'data-testid': 'corrected-count' },
        count ? text.count(count) : text.hint,
      ),
      element(
        'div',
        { class: 'buttons' },
        save('corrections.zip', 'save-zip', text.zip, () => void this.#saveArchives()),
        save('corrections.csv', 'save-csv', text.csv, () => this.#saveTable()),
        button(text.undo, () => void this.#undo(), {
          ...small,
          'data-testid': 'undo-correction',
          disabled: !canUndo,
        }),
        button(text.discard, () => void this.#discard(), {
          ...small,
          'data-testid': 'discard-corrections',
          disabled: count === 0,
        }),
      ),
    );
  }

  #live(root: HTMLElement, children: () => readonly (HTMLElement | null)[]): HTMLElement {
    this.#views.set(root, children);
    show(root, children());
    return root;
  }

  async #mark(subject: Subject, mark: Mark | null): Promise<boolean> {
    const { path, truth, answer } = subject;
    const text = strings.corrections;
    try {
      await this.marks.mark(subject, mark, truth ?? answer ?? '');
    } catch {
      this.#announce('problem', text.gone(path));
      return false;
    }
    const told = mark ? this.words(mark, answer) : text.unmarked;
    this.#announce('done', `${path}: ${told}.`);
    return true;
  }

  #undoByKey(): Promise<boolean> | undefined {
    return this.marks.canUndo ? this.#undo() : undefined;
  }

  async #undo(): Promise<boolean> {
    const picture = await this.marks.undo();
    const text = strings.corrections;
    this.#announce('done', picture ? text.undone(picture.path) : text.undoneAll);
    return false;
  }

  async #discard(): Promise<void> {
    const { count } = this.marks;
    await this.marks.discard();
    this.#announce('done', strings.corrections.discarded(count));
  }

  /** The corrections as Python reads them. */
  #leaving(): readonly Marked[] {
    const { classNames } = this;
    const all = this.marks.corrections();
    return this.several
      ? all.map((each) => ({ ...each, label: unmistakable(each.label, classNames) }))
      : all;
  }

  #saveTable(): void {
    this.handlers.save('corrections.csv', tableFile(this.#leaving()));
  }

  async #saveArchives(): Promise<void> {
    const { files, unreadable } = await archives(this.#leaving());
    for (const [index, { name, content }] of files.entries()) {
      // Browsers take downloads that follow each other at once for one.
      if (index > 0) await new Promise((done) => setTimeout(done, 1000));
      this.handlers.save(name, content);
    }
    if (unreadable) this.#announce('problem', strings.corrections.unreadable(unreadable));
  }

  #announce(state: 'done' | 'problem', message: string): void {
    this.#said.textContent = message;
    this.#said.className = state === 'problem' ? 'failed' : 'visually-hidden';
    this.handlers.announce(state, message);
  }
}

/** The mark that says that an answer is right; where no label held it is that of none. */
function rightMark(answer: string): Mark {
  return answer === '' ? { verdict: 'none', label: '' } : { verdict: 'label', label: answer };
}

/** Puts children in the place of those before; the button that was pressed keeps the focus. */
function show(root: HTMLElement, children: readonly (HTMLElement | null)[]): void {
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  root.replaceChildren(...children.filter((child) => child !== null));
  if (!(focused instanceof HTMLElement)) return;
  const name = CSS.escape(focused.dataset.testid ?? '');
  const again = root.querySelector<HTMLButtonElement>(`[data-testid="${name}"]`);
  const open = root.querySelector<HTMLButtonElement>('button:not([disabled])');
  (again && !again.disabled ? again : open)?.focus();
}
