/** Several labels in one cell of the table, as docs/corrections.md has them. */

const BETWEEN = '|';

/** The cell: names between bars, or a JSON list where a name could be taken for some. */
export function cellOf(names: readonly string[]): string {
  const isPlain = (name: string) => name === name.trim() && !name.includes(BETWEEN);
  const text = names.join(BETWEEN);
  return names.every(isPlain) && !text.startsWith('[') ? text : JSON.stringify(names);
}

/** The cell for a reader that knows the names, and takes one that is a name for that one. */
export function unmistakable(cell: string, classNames: readonly string[]): string {
  const names = namesOf(cell);
  return names.length > 1 && classNames.includes(cell) ? JSON.stringify(names) : cell;
}

/** The names in a cell. */
export function namesOf(cell: string): string[] {
  if (cell.startsWith('[')) {
    try {
      const found: unknown = JSON.parse(cell);
      if (Array.isArray(found)) return found.filter((name) => typeof name === 'string');
    } catch {
      // A name that begins so.
    }
  }
  return cell === '' ? [] : cell.split(BETWEEN);
}
