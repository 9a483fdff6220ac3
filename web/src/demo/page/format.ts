/** Numbers as people read them. */

const percent = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** A share as a percentage with one decimal that never rounds to certainty. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.0005) return '< 0.1%';
  return share < 1 && share >= 0.9995 ? '> 99.9%' : percent.format(share);
}

/** A duration with two digits that mean something. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 9950) return `${Math.round(milliseconds / 1000)} s`;
  if (milliseconds >= 995) return `${(milliseconds / 1000).toFixed(1)} s`;
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}

/** A power of ten; its minus sign, unlike a hyphen, does not end a line. */
export function formatPower(value: number, digits: number): string {
  return value.toExponential(digits).replace('-', '−');
}

/** A number of bytes in the unit that suits it. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A whole number with the word that goes with it. */
export function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
