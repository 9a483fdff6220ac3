/**
 * `matrixProduct(a, b, y, m, k, n)`: `y[m][n] = a[m][k] b[k][n]`, for a multiple of 4 of `m` and one
 * of 8 of `n`. What is behind the rows and columns that are meant may hold anything.
 */

import { VECTOR } from './vectors.mjs';
import { advance, each, get, i32, kernel, set, whilst } from './wat.mjs';

const ROWS = 4;
const VECTORS = 2;

/** Products that are added up at a time: sums of long rows keep their digits. */
const BLOCK = 128;

/** @param {import('./wat.mjs').Target} target */
export function matrixProduct({ multiplyAdd }) {
  const sums = Array.from({ length: ROWS * VECTORS }, (_, i) => `s${i}`);
  const less = (/** @type {string} */ id, by = i32(1)) => set(id, `(i32.sub ${get(id)} ${by})`);
  const isLeft = (/** @type {string} */ id) => `(i32.gt_s ${get(id)} ${i32(0)})`;
  const bytes = (/** @type {string} */ count) => `(i32.shl ${get(count)} ${i32(2)})`;
  const rowOf = (
    /** @type {string} */ start,
    /** @type {string} */ step,
    /** @type {number} */ row,
  ) => `(i32.add ${get(start)} (i32.mul ${i32(row)} ${bytes(step)}))`;
  const total = (/** @type {number} */ index) => `t${index}`;
  return kernel(
    'matrixProduct',
    ['a', 'b', 'y', 'm', 'k', 'n'],
    {
      ...Object.fromEntries(
        ['left', 'across', 'start', 'block', 'row', 'column', 'to'].map((id) => [
          id,
          /** @type {const} */ ('i32'),
        ]),
      ),
      ...Object.fromEntries(
        [...sums, ...sums.map((_, i) => total(i)), 'b0', 'b1', 'w'].map((id) => [
          id,
          /** @type {const} */ ('v128'),
        ]),
      ),
    },
    whilst(
      isLeft('m'),
      set('across', get('n')),
      set('start', get('b')),
      whilst(
        isLeft('across'),
        set('row', get('a')),
        set('column', get('start')),
        set('left', get('k')),
        ...sums.map((_, i) => set(total(i), '(v128.const i64x2 0 0)')),
        whilst(
          isLeft('left'),
          set(
            'block',
            `(select ${get('left')} ${i32(BLOCK)} (i32.lt_s ${get('left')} ${i32(BLOCK)}))`,
          ),
          less('left', get('block')),
          ...sums.map((sum) => set(sum, '(v128.const i64x2 0 0)')),
          whilst(
            isLeft('block'),
            each(VECTORS, (i) => set(`b${i}`, `(v128.load offset=${i * VECTOR} ${get('column')})`)),
            each(ROWS, (row) =>
              [
                set('w', `(v128.load32_splat ${rowOf('row', 'k', row)})`),
                each(VECTORS, (i) => {
                  const sum = sums[row * VECTORS + i];
                  return set(sum, multiplyAdd(get(sum), get('w'), get(`b${i}`)));
                }),
              ].join('\n'),
            ),
            advance('row', i32(4)),
            advance('column', bytes('n')),
            less('block'),
          ),
          ...sums.map((sum, i) => set(total(i), `(f32x4.add ${get(total(i))} ${get(sum)})`)),
        ),
        each(ROWS, (row) =>
          each(
            VECTORS,
            (i) =>
              `(v128.store offset=${i * VECTOR} ${rowOf('y', 'n', row)}
                ${get(total(row * VECTORS + i))})`,
          ),
        ),
        advance('y', i32(VECTORS * VECTOR)),
        advance('start', i32(VECTORS * VECTOR)),
        less('across', i32(VECTORS * 4)),
      ),
      advance('y', `(i32.mul ${i32(ROWS - 1)} ${bytes('n')})`),
      advance('a', `(i32.mul ${i32(ROWS)} ${bytes('k')})`),
      less('m', i32(ROWS)),
    ),
  );
}
