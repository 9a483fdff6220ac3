/** Numbers as people read them, in the language of the page. */

import { language } from './language.js';

const numbers = new Intl.NumberFormat(language);
const percent = new Intl.NumberFormat(language, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

const decimal = new Intl.NumberFormat(language, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const smallest = percent.format(0.001);
const largest = percent.format(0.999);

/** A whole number. */
export function formatCount(count: number): string {
  return numbers.format(count);
}

/** A share as a percentage with one decimal that never rounds to certainty. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.0005) return `< ${smallest}`;
  return share < 1 && share >= 0.9995 ? `> ${largest}` : percent.format(share);
}

/** A duration with two digits that mean something. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 9950) return `${formatCount(Math.round(milliseconds / 1000))} s`;
  if (milliseconds >= 995) return `${decimal.format(milliseconds / 1000)} s`;
  return milliseconds < 9.95
    ? `${decimal.format(milliseconds)} ms`
    : `${formatCount(Math.round(milliseconds))} ms`;
}

/** A power of ten; its minus sign, unlike a hyphen, does not end a line. */
export function formatPower(value: number, digits: number): string {
  return value.toExponential(digits).replace('-', '−');
}

/** A number of bytes in the unit that suits it. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${formatCount(Math.max(1, Math.round(bytes / 1e3)))} kB`;
  return `${decimal.format(bytes / 1e6)} MB`;
}

/** A whole number with the word that goes with it. */
export function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
