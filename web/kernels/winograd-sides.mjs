/** One side of Winograd's transforms: see `winograd.mjs`. */

import { f32x4, get, set } from './wat.mjs';

/**
 * Side of a tile of outputs -> the points beside 0 and infinity, each with its negative.
 *
 * @type {Readonly<Record<number, readonly number[]>>}
 */
export const POINTS = { 2: [1], 4: [2 / 3, 3 / 2] };

/**
 * Coefficients of the polynomial that is 0 at the points, lowest power first: there is one for each
 * pair of points.
 *
 * @param {readonly number[]} points
 */
function vanishing(points) {
  let polynomial = [1];
  for (const point of points) {
    const before = polynomial;
    polynomial = [0, 0, ...before].map((value, power) => value - point ** 2 * (before[power] ?? 0));
  }
  return polynomial;
}

/**
 * A sum of products as vectors; parts with coefficients of 0 are left out.
 *
 * @param {import('./wat.mjs').Target} target
 * @param {readonly (readonly [factor: number, name: string])[]} parts
 * @returns {string}
 */
function combined(target, parts) {
  const used = parts.filter(([factor]) => factor !== 0);
  // One that needs no multiplication comes first.
  const first = Math.max(
    0,
    used.findIndex(([factor]) => factor === 1),
  );
  const [factor, name] = used[first];
  const start = factor === 1 ? get(name) : `(f32x4.mul ${get(name)} ${f32x4(factor)})`;
  return used
    .filter((_, index) => index !== first)
    .reduce((sum, [by, value]) => {
      if (by === 1) return `(f32x4.add ${sum} ${get(value)})`;
      if (by === -1) return `(f32x4.sub ${sum} ${get(value)})`;
      return target.multiplyAdd(sum, get(value), f32x4(by));
    }, start);
}

/**
 * One side of the transform of inputs: `d0`, `d1`, ... into what `put` is called with, in the order
 * of the points.
 *
 * @param {import('./wat.mjs').Target} target
 * @param {number} m
 * @param {(index: number, value: string) => string} put
 */
export function inputSide(target, m, put) {
  const points = POINTS[m];
  const all = vanishing(points);
  const from = (/** @type {readonly number[]} */ polynomial, /** @type {number} */ shift) =>
    polynomial.flatMap((value, power) =>
      value === 0 ? [] : [/** @type {const} */ ([value, `d${power + shift}`])],
    );
  const pairs = points.map((point, index) => {
    const others = vanishing(points.filter((other) => other !== point));
    return [
      set('even', combined(target, from(others, 2))),
      set('odd', combined(target, from(others, 1))),
      point === 1 ? '' : set('odd', `(f32x4.mul ${get('odd')} ${f32x4(point)})`),
      put(1 + 2 * index, `(f32x4.add ${get('even')} ${get('odd')})`),
      put(2 + 2 * index, `(f32x4.sub ${get('even')} ${get('odd')})`),
    ].join('\n');
  });
  return [
    put(0, combined(target, from(all, 0))),
    ...pairs,
    put(m + 1, combined(target, from(all, 1))),
  ].join('\n');
}

/**
 * One side of the transform of products: `d0`, `d1`, ... into `m` sums.
 *
 * @param {import('./wat.mjs').Target} target
 * @param {number} m
 * @param {(index: number, value: string) => string} put
 */
export function outputSide(target, m, put) {
  const points = POINTS[m];
  const parts = points.map((_, index) => {
    const [plus, minus] = [get(`d${1 + 2 * index}`), get(`d${2 + 2 * index}`)];
    return [
      set(`even${index}`, `(f32x4.add ${plus} ${minus})`),
      set(`odd${index}`, `(f32x4.sub ${plus} ${minus})`),
    ].join('\n');
  });
  const sums = Array.from({ length: m }, (_, power) => {
    const parity = power % 2 ? 'odd' : 'even';
    /** @type {[number, string][]} */
    const list = points.map((point, index) => [point ** power, `${parity}${index}`]);
    if (power === 0) list.unshift([1, 'd0']);
    if (power === m - 1) list.push([1, `d${m + 1}`]);
    return put(power, combined(target, list));
  });
  return [...parts, ...sums].join('\n');
}

/**
 * One side of the transform of weights, of pairs in float64: three locals into what `put` is called
 * with.
 *
 * @param {number} m
 * @param {readonly string[]} weights
 * @param {(index: number, value: string) => string} put
 */
export function weightSide(m, weights, put) {
  const points = POINTS[m];
  const [first, second, third] = weights.map(get);
  const number = (/** @type {number} */ value) => `(v128.const f64x2 ${value} ${value})`;
  const times = (/** @type {string} */ value, /** @type {number} */ by) =>
    `(f64x2.mul ${value} ${number(by)})`;
  const pairs = points.map((point, index) => {
    const others = points.filter((other) => other !== point);
    // The product of the distances to all other points.
    const norm = 2 * others.reduce((all, other) => all * (point ** 2 - other ** 2), point ** 2);
    return [
      set('even', times(`(f64x2.add ${first} ${times(third, point ** 2)})`, 1 / norm)),
      set('odd', times(second, point / norm)),
      put(1 + 2 * index, `(f64x2.add ${get('even')} ${get('odd')})`),
      put(2 + 2 * index, `(f64x2.sub ${get('even')} ${get('odd')})`),
    ].join('\n');
  });
  return [put(0, times(first, 1 / vanishing(points)[0])), ...pairs, put(m + 1, third)].join('\n');
}
