/** `corrections.csv`, as docs/corrections.md has it. */

/** What somebody says of a picture. */
export interface Mark {
  /** It shows `label`; it shows none of the classes; it is no usable picture. */
  readonly verdict: 'label' | 'none' | 'bad';
  /** A class; empty where the verdict is another one. */
  readonly label: string;
}

/** A line of the table. */
export interface Correction extends Mark {
  /** SHA-256 of the file's bytes. */
  readonly content: string;
  /** Its name, for people. */
  readonly file: string;
  /** The class that it had or was answered, for people. */
  readonly given: string;
}

/** Whether two marks say the same. */
export function isSame(a: Mark | undefined, b: Mark | undefined): boolean {
  return a?.verdict === b?.verdict && a?.label === b?.label;
}

/**
 * The table, in UTF-8 without a byte order mark. What a spreadsheet would run as a formula, and
 * write back as what came of it, has an apostrophe in front, which is taken away on reading.
 */
export function tableText(corrections: readonly Correction[]): string {
  const lines = corrections.map(({ content, file, given, label, verdict }) =>
    [content, ...[file, given, label].map(quoted), verdict].join(','),
  );
  return ['content,file,given,label,verdict', ...lines].map((line) => `${line}\r\n`).join('');
}

function quoted(cell: string): string {
  const harmless = /^'*[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  const isPlain = !/[",;\t\r\n]/.test(cell) && cell === cell.trim();
  return isPlain ? harmless : `"${harmless.replaceAll('"', '""')}"`;
}
