/** The exponential function on vectors, from which most activations are made. */

import { f32x4, get, set } from './wat.mjs';

/** @typedef {import('./wat.mjs').Target} Target */

/** Locals of vectors that {@link exponential} needs. */
export const EXPONENTIAL_LOCALS = ['a', 'n', 'scale', 'p'];

/**
 * Arguments from which on the exponential is 0 (a denormal number is 0 too), and infinite (from 88.4
 * on, where float32 ends at 88.7).
 */
export const LOWEST = -88;
const HIGHEST = 89;

/**
 * Added to a number below 2^22 it rounds it to a whole one, which stands in the low bits then, 127
 * larger: shifted to the left it is the float32 that is a power of two.
 */
const ROUNDER = 1.5 * 2 ** 23 + 127;

/** ln 2 in two parts: the first has so few bits that its products with whole numbers are exact. */
const LN2_HIGH = 355 / 512;
const LN2_LOW = Math.LN2 - LN2_HIGH;

/**
 * (e^r - 1 - r) / r^2 for |r| up to ln(2) / 2: the polynomial whose largest error, relative to e^r,
 * is the smallest one: 3.3e-9.
 */
const SERIES = [0.49999994, 0.16666515, 0.041668456, 0.008369419, 0.0013813145];

/**
 * A polynomial's value, by Horner's rule.
 *
 * @param {Target} target
 * @param {readonly number[]} factors the constant one first.
 * @param {string} x
 */
export function polynomial({ multiplyAdd }, factors, x) {
  const [last, ...others] = [...factors].reverse();
  return others.reduce((sum, factor) => multiplyAdd(f32x4(factor), sum, x), f32x4(last));
}

/** @param {string} x @param {number} low @param {number} high; not-a-number stays. */
export const clamped = (x, low = LOWEST, high = HIGHEST) =>
  `(f32x4.pmin (f32x4.pmax ${x} ${f32x4(low)}) ${f32x4(high)})`;

/**
 * Sets `scale` to a power of two and `p` so that e^a = scale * (1 + p) for the vector in `a`, which
 * lies in LOWEST..HIGHEST: reduced by Cody and Waite's two constants ("Software Manual for the
 * Elementary Functions", 1980). `p` has the relative accuracy of e^a - 1 where `scale` is 1.
 *
 * @param {Target} target
 * @param {string} [rest] a small number that is subtracted from the argument.
 */
export function exponential(target, rest) {
  const { multiplyAdd } = target;
  const a = get('a');
  const high = multiplyAdd(a, get('n'), f32x4(-LN2_HIGH));
  const reduced = multiplyAdd(high, get('n'), f32x4(-LN2_LOW));
  return [
    set('n', multiplyAdd(f32x4(ROUNDER), a, f32x4(Math.LOG2E))),
    set('scale', `(i32x4.shl ${get('n')} (i32.const 23))`),
    set('n', `(f32x4.sub ${get('n')} ${f32x4(ROUNDER)})`),
    set('a', rest ? `(f32x4.sub ${reduced} ${rest})` : reduced),
    set('p', multiplyAdd(a, `(f32x4.mul ${a} ${a})`, polynomial(target, SERIES, a))),
  ].join('\n');
}

/** e^a, behind {@link exponential}. */
export const POWER = `(f32x4.mul ${get('scale')} (f32x4.add ${f32x4(1)} ${get('p')}))`;

/** e^a - 1, behind {@link exponential}, for a up to some 20. @param {Target} target */
export const powerLessOne = ({ multiplyAdd }) =>
  multiplyAdd(`(f32x4.sub ${get('scale')} ${f32x4(1)})`, get('scale'), get('p'));
