/** The true labels of pictures: out of a table that was dropped with them, or their folders' names. */

import type { Picked } from '../ways/dropped.js';

/** Where true labels come from, and what they are for each picture; null where nothing says. */
export interface Truths {
  /** The table's name; null for the folders. */
  readonly table: string | null;
  readonly labels: readonly (readonly string[] | null)[];
}

const FILE_COLUMNS = ['file', 'filename', 'file_name', 'path', 'image', 'picture', 'name'];
const LABEL_COLUMNS = ['labels', 'label', 'truelabels', 'true_labels', 'tags', 'classes', 'class'];
const LONGEST_TABLE = 50e6;

/** The tables among what was dropped. */
export function tablesIn(picked: readonly Picked[]): Picked[] {
  return picked.filter(({ file, path }) => /\.csv$/i.test(path) && file.size <= LONGEST_TABLE);
}

/** The true labels of the pictures. */
export async function truthsOf(
  pictures: readonly Picked[],
  tables: readonly Picked[],
  classNames: readonly string[],
): Promise<Truths> {
  const paths = pictures.map(({ path }) => path.normalize('NFC'));
  for (const { file, path } of tables) {
    const found = labelsInTable(await file.text(), classNames);
    if (!found) continue;
    const labels = paths.map((each) => found.get(each) ?? byEnd(found, each));
    if (labels.some((each) => each !== null)) return { table: path, labels };
  }
  const known = new Set(classNames);
  const labels = paths.map((path) => {
    const names = path
      .split('/')
      .slice(0, -1)
      .filter((name) => known.has(name));
    return names.length > 0 ? [...new Set(names)] : null;
  });
  return { table: null, labels };
}

/** A table says where a picture lies as seen from its own folder, or from elsewhere. */
function byEnd(
  found: ReadonlyMap<string, readonly string[]>,
  path: string,
): readonly string[] | null {
  for (let cut = path.indexOf('/'); cut >= 0; cut = path.indexOf('/', cut + 1)) {
    const labels = found.get(path.slice(cut + 1));
    if (labels) return labels;
  }
  return null;
}

/** Picture and labels of each line; undefined where the table is another one. */
export function labelsInTable(
  text: string,
  classNames: readonly string[],
): Map<string, readonly string[]> | undefined {
  const [head = [], ...lines] = readCsv(text.replace(/^\ufeff/, ''));
  const names = head.map((name) => name.trim().toLowerCase());
  const file = names.findIndex((name) => FILE_COLUMNS.includes(name));
  const list = LABEL_COLUMNS.map((name) => names.indexOf(name)).find((at) => at >= 0) ?? -1;
  // Else a column of 0 and 1 for each label.
  const columns = classNames.map((name) => head.findIndex((each) => each.trim() === name));
  const isOneHot = list < 0 && columns.every((at) => at >= 0);
  if (file < 0 || (list < 0 && !isOneHot)) return undefined;
  const known = new Set(classNames);
  return new Map(
    lines
      .filter((line) => line.length > Math.max(file, list))
      .map((line) => [
        line[file].trim().normalize('NFC').replaceAll('\\', '/'),
        isOneHot
          ? classNames.filter((_, index) => isYes(line[columns[index]]))
          : namesIn(line[list].normalize('NFC'), known),
      ]),
  );
}

function isYes(cell = ''): boolean {
  return /^(1|1\.0|true|yes)$/i.test(cell.trim());
}

/** The labels of a cell: one, or several between `|`, `;` or `,`. */
function namesIn(cell: string, known: ReadonlySet<string>): string[] {
  const whole = cell.trim();
  if (known.has(whole)) return [whole];
  const separator = ['|', ';', ','].find((each) => whole.includes(each)) ?? '|';
  return whole
    .split(separator)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The lines of a CSV by RFC 4180, with commas or semicolons, as its first line has them. */
function readCsv(text: string): string[][] {
  const first = text.slice(0, text.search(/[\r\n]|$/));
  const separator = !first.includes(',') && first.includes(';') ? ';' : ',';
  const lines: string[][] = [];
  let line: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') cell += text[++at];
      else isQuoted = false;
    } else if (character === '"' && cell === '') isQuoted = true;
    else if (character === separator) {
      line.push(cell);
      cell = '';
    } else if (character === '\n') {
      lines.push([...line, cell]);
      line = [];
      cell = '';
    } else if (character !== '\r') cell += character;
  }
  if (cell !== '' || line.length > 0) lines.push([...line, cell]);
  return lines;
}
