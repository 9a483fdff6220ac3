/** Which classes a typed text means. */

/** Positions of the classes that fit, the whole name first, then beginnings, then the rest. */
export function fitting(
  typed: string,
  classNames: readonly string[],
  order: readonly number[],
): number[] {
  const wanted = folded(typed);
  if (wanted === '') return [...order];
  const ranks = order.map((index) => [rankOf(folded(classNames[index]), wanted), index] as const);
  return ranks
    .filter(([rank]) => rank >= 0)
    .sort(([a], [b]) => a - b)
    .map(([, index]) => index);
}

function rankOf(name: string, wanted: string): number {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  return name.includes(wanted) ? 2 : -1;
}

/** Without capitals and accents. */
function folded(text: string): string {
  return text.trim().normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Classes that digits choose, so many as there are digits. */
export const DIGITS = 9;

/** Whether digits choose: they are typed where names have some. */
export function digitsChoose(classNames: readonly string[]): boolean {
  return !classNames.some((name) => /\p{Nd}/u.test(name));
}

/** Few classes stand where they always do; of many the most probable ones are first. */
export function orderOf(count: number, probabilities: ArrayLike<number> | null): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  if (count <= DIGITS || probabilities === null) return order;
  return order.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
}
