/** Several labels in one cell of the table, as docs/corrections.md has them. */

const BETWEEN = '|';

/** The cell: names between bars, or a JSON list where a name could be taken for some. */
export function cellOf(names: readonly string[]): string {
  const isPlain = (name: string) => name === name.trim() && !name.includes(BETWEEN);
  const text = names.join(BETWEEN);
  return names.every(isPlain) && !text.startsWith('[') ? text : JSON.stringify(names);
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
