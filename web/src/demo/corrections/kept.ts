/** What outlives a reload: marks by the model and the picture's content, never the pictures. */

import { namesOf } from './cell.js';
import { hex, sha256 } from './fingerprint.js';
import type { Mark } from './table.js';

/** A mark as it is kept, with what finds its picture again. */
export interface Kept extends Mark {
  readonly given: string;
  /** Bytes of the file: only files of that size are read to look for it. */
  readonly size: number;
}

/** Where marks are kept. */
export interface Shelf {
  all(): Map<string, Kept>;
  put(content: string, kept: Kept): void;
  take(content: string): void;
}

/** What the shelf of a model is called: its name and what its files are. */
export function shelfName(name: string, files: readonly { readonly sha256: string }[]): string {
  const whole = new TextEncoder().encode(files.map(({ sha256 }) => sha256).join('\n'));
  return `kerasport-corrections:${name}:${hex(sha256(whole)).slice(0, 32)}:`;
}

/** The browser's storage; where it refuses, which it may for files, nothing is kept. */
export function browserShelf(prefix: string, classNames: readonly string[]): Shelf {
  const known = new Set(classNames);
  return {
    all() {
      const found = new Map<string, Kept>();
      try {
        for (const key of Object.keys(localStorage)) {
          if (!key.startsWith(prefix)) continue;
          const kept = keptIn(localStorage.getItem(key) ?? '', known);
          if (kept) found.set(key.slice(prefix.length), kept);
        }
      } catch {
        // There is none.
      }
      return found;
    },
    put(content, kept) {
      try {
        localStorage.setItem(prefix + content, JSON.stringify(kept));
      } catch {
        // It is full, or there is none.
      }
    },
    take(content) {
      try {
        localStorage.removeItem(prefix + content);
      } catch {
        // There is none.
      }
    },
  };
}

/** What anybody may have written there. */
function keptIn(text: string, known: ReadonlySet<string>): Kept | undefined {
  let found: Partial<Kept> | null;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { verdict, label = '', given = '', size = -1 } = found ?? {};
  if (typeof size !== 'number') return undefined;
  if (verdict === 'label') {
    const names = known.has(label) ? [label] : namesOf(label);
    return names.length > 0 && names.every((name) => known.has(name))
      ? { verdict, label, given: String(given), size }
      : undefined;
  }
  const isMark = verdict === 'none' || verdict === 'bad';
  return isMark ? { verdict, label: '', given: String(given), size } : undefined;
}
