/** What was marked: by content, so that copies of a picture have one mark. */

import { type Fingerprint, fingerprintOf } from './fingerprint.js';
import type { Kept, Shelf } from './kept.js';
import { type Correction, isSame, type Mark } from './table.js';

/** A file that can be marked, and what it is called. */
export interface Picture {
  readonly file: File;
  readonly path: string;
}

/** A correction with the picture that it is about. */
export interface Marked extends Correction {
  readonly picture: File;
  readonly crc: number;
}

/** One mark before a step; undefined where there was none. */
type Before = readonly [content: string, kept: Kept | undefined];

/** The marks of one model. */
export class Marks {
  readonly #kept: Map<string, Kept>;
  readonly #prints = new Map<File, Fingerprint | null>();
  readonly #pictures = new Map<string, Picture>();
  readonly #known = new Map<File, Picture>();
  readonly #steps: (readonly Before[])[] = [];
  #work: Promise<unknown> = Promise.resolve();
  #sweep = 0;

  /** @param changed - called when marks are others than before, or were found. */
  constructor(
    private readonly shelf: Shelf,
    private readonly changed: () => void,
  ) {
    this.#kept = shelf.all();
  }

  /** The mark of a file; undefined where it has none, or was not recognised yet. */
  of(file: File): Mark | undefined {
    const print = this.#prints.get(file);
    return print ? this.#kept.get(print.content) : undefined;
  }

  /** Marks of pictures that were shown to this page. */
  get count(): number {
    let count = 0;
    for (const content of this.#kept.keys()) count += Number(this.#pictures.has(content));
    return count;
  }

  /** Whether there is a step to take back. */
  get canUndo(): boolean {
    return this.#steps.length > 0;
  }

  /** Looks for pictures among these that were marked before. */
  know(pictures: readonly Picture[]): Promise<void> {
    // No more of a row than this: its answer is not to be kept as long.
    for (const { file, path } of pictures) this.#known.set(file, { file, path });
    return this.#recognise();
  }

  /**
   * Marks a picture, or takes its mark away; one after the other, as they were asked for.
   * Rejects where the file cannot be read any more.
   */
  mark(picture: Picture, mark: Mark | null, given: string): Promise<void> {
    return this.#then(async () => {
      const { file, path } = picture;
      const print = await this.#print({ file, path });
      if (!print) throw new Error(path);
      const { content } = print;
      const before = this.#kept.get(content);
      if (isSame(before, mark ?? undefined)) return;
      this.#steps.push([[content, before]]);
      this.#put(content, mark ? { ...mark, given, size: file.size } : undefined);
      this.changed();
      void this.#recognise();
    });
  }

  /** Takes all marks away of pictures that were shown, in one step. */
  discard(): Promise<void> {
    return this.#then(() => {
      const all = [...this.#kept].filter(([content]) => this.#pictures.has(content));
      this.#steps.push(all);
      for (const [content] of all) this.#put(content, undefined);
      this.changed();
    });
  }

  /** Takes back the last step; resolves with the picture that it was about, if it was one. */
  undo(): Promise<Picture | undefined> {
    return this.#then(() => {
      const step = this.#steps.pop() ?? [];
      for (const [content, before] of step) this.#put(content, before);
      this.changed();
      return step.length === 1 ? this.#pictures.get(step[0][0]) : undefined;
    });
  }

  /** All of them, in the order in which they were made. */
  corrections(): Marked[] {
    return [...this.#kept].flatMap(([content, { verdict, label, given }]) => {
      const picture = this.#pictures.get(content);
      const print = picture && this.#prints.get(picture.file);
      if (!print) return [];
      const { file, path } = picture;
      return [{ content, file: path, given, label, verdict, picture: file, crc: print.crc }];
    });
  }

  #then<T>(step: () => T | Promise<T>): Promise<T> {
    const done = this.#work.then(step);
    this.#work = done.catch(() => {});
    return done;
  }

  #put(content: string, kept: Kept | undefined): void {
    if (kept) {
      this.#kept.set(content, kept);
      this.shelf.put(content, kept);
    } else {
      this.#kept.delete(content);
      this.shelf.take(content);
    }
  }

  async #print(picture: Picture): Promise<Fingerprint | null> {
    const { file } = picture;
    let print = this.#prints.get(file) ?? null;
    if (!print) {
      print = await fingerprintOf(file).catch(() => null);
      this.#prints.set(file, print);
    }
    // A later file may be there where an earlier one is gone.
    if (print && !this.#pictures.has(print.content)) this.#pictures.set(print.content, picture);
    return print;
  }

  /** Reads files as large as marked ones: they may be the same. */
  async #recognise(): Promise<void> {
    // The latest alone goes on: it knows all sizes.
    const sweep = ++this.#sweep;
    const sizes = new Set(Array.from(this.#kept.values(), ({ size }) => size));
    if (sizes.size === 0) return;
    for (const picture of this.#known.values()) {
      const { file } = picture;
      if (!sizes.has(file.size) || this.#prints.has(file)) continue;
      const print = await this.#print(picture);
      if (print && this.#kept.has(print.content)) this.changed();
      if (sweep !== this.#sweep) return;
    }
  }
}
