/**
 * Activations value by value: `name(x, y, count)`, where `y` may be `x`; `gate` has two parameters more. What is not a number stays
 * so. Largest errors in units of the last place, measured against float64 over all sizes: elu 0.9,
 * selu 1.8, sigmoid 2.4, swish 2.3, mish 4.2, softplus 2.6, softsign 1.5, tanh 2.5, gelu 4.3. Results
 * that are an exponential below 1e-36 lose digits, or are 0.
 */

import {
  clamped,
  EXPONENTIAL_LOCALS,
  exponential,
  LOWEST,
  POWER,
  polynomial,
  powerLessOne,
} from './exponential.mjs';
import { eachVector } from './vectors.mjs';
import { f32x4, get, set } from './wat.mjs';

/** @typedef {import('./wat.mjs').Target} Target */

const V = get('v');
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

const positive = `(f32x4.pmax ${V} ${f32x4(0)})`;
const negative = `(f32x4.pmin ${V} ${f32x4(0)})`;
/** Of two parameters. */
const straight = `(f32x4.add (f32x4.splat ${get('offset')})
  (f32x4.mul ${V} (f32x4.splat ${get('factor')})))`;
const magnitude = `(f32x4.abs ${V})`;

/**
 * (1/s atanh(s) - 1) / s^2 as a polynomial in s^2, for s up to 1/3: 4.5e-9 of the logarithm.
 */
const ATANH = [0.3333321, 0.20010769, 0.14000814, 0.1400642];

/**
 * e^(t^2/2) times the part of a normal distribution above t, as a polynomial in (t - 3) / (t + 3),
 * for t in 0..13.25: the one whose largest relative error is the smallest, 6.6e-9. In such a
 * variable the function is nearly straight: Shepherd and Laframboise, "Chebyshev Approximation of
 * (1 + 2x)exp(x^2)erfc x", 1981.
 */
const TAIL = [
  0.121513948, -0.206402615, 0.123225018, -0.0462133139, 0.00613218313, 0.0029047027,
  -0.000984182814, -0.000339911348, 0.000116037401, 5.41508707e-5,
];
const TAIL_MIDDLE = 3;

/** From here on a normal distribution has less left than float32 holds. */
const TAIL_END = 13.25;

/** Bits of a float32 whose square is a float32. */
const HALF_OF_THE_BITS = '(v128.const i32x4 0xfffff000 0xfffff000 0xfffff000 0xfffff000)';

const onePlus = `(f32x4.add ${f32x4(1)} ${POWER})`;

/** @param {Target} target */
const negativePower = (target) => [set('a', clamped(`(f32x4.neg ${V})`)), exponential(target)];

/** The one that is computed often enough to have multiply-adds. @param {Target} target */
export const swish = (target) =>
  eachVector(
    'swish',
    [],
    EXPONENTIAL_LOCALS,
    ...negativePower(target),
    `(f32x4.div ${V} ${onePlus})`,
  );

/** @param {Target} target */
export function activations(target) {
  const { multiplyAdd } = target;
  const locals = EXPONENTIAL_LOCALS;
  const below = [set('a', `(f32x4.pmax ${negative} ${f32x4(LOWEST)})`), exponential(target)];
  const lessOne = powerLessOne(target);
  return [
    eachVector('relu6', [], [], `(f32x4.pmin ${positive} ${f32x4(6)})`),
    eachVector('elu', [], locals, ...below, `(f32x4.add ${positive} ${lessOne})`),
    eachVector(
      'selu',
      [],
      locals,
      ...below,
      multiplyAdd(
        `(f32x4.mul ${positive} ${f32x4(SELU_SCALE)})`,
        lessOne,
        f32x4(SELU_SCALE * SELU_ALPHA),
      ),
    ),
    eachVector(
      'gate',
      ['factor:f32', 'offset:f32'],
      [],
      `(f32x4.mul ${V} (f32x4.pmin (f32x4.pmax ${straight} ${f32x4(0)}) ${f32x4(1)}))`,
    ),
    eachVector(
      'sigmoid',
      [],
      locals,
      ...negativePower(target),
      `(f32x4.div ${f32x4(1)} ${onePlus})`,
    ),
    // tanh(ln(1 + e)) = e (e + 2) / (e (e + 2) + 2): positive numbers only, no logarithm.
    eachVector(
      'mish',
      [],
      locals,
      set('a', clamped(V, LOWEST, 20)),
      exponential(target),
      set('p', POWER),
      set('p', `(f32x4.mul ${get('p')} (f32x4.add ${get('p')} ${f32x4(2)}))`),
      `(f32x4.mul ${V} (f32x4.div ${get('p')} (f32x4.add ${get('p')} ${f32x4(2)})))`,
    ),
    // max(x, 0) + ln(1 + e^-|x|), where ln(1 + e) = 2 atanh(e / (2 + e)).
    eachVector(
      'softplus',
      [],
      locals,
      set('a', `(f32x4.pmax (f32x4.neg ${magnitude}) ${f32x4(LOWEST)})`),
      exponential(target),
      set('p', POWER),
      set('p', `(f32x4.div ${get('p')} (f32x4.add ${get('p')} ${f32x4(2)}))`),
      set('a', `(f32x4.mul ${get('p')} ${get('p')})`),
      set('a', `(f32x4.mul ${get('a')} ${polynomial(target, ATANH, get('a'))})`),
      set('p', `(f32x4.add ${get('p')} ${get('p')})`),
      `(f32x4.add ${positive} ${multiplyAdd(get('p'), get('p'), get('a'))})`,
    ),
    eachVector('softsign', [], [], `(f32x4.div ${V} (f32x4.add ${magnitude} ${f32x4(1)}))`),
    // (e^2x - 1) / (e^2x + 1): beyond 10 it is 1 in float32.
    eachVector(
      'tanh',
      [],
      locals,
      set('a', clamped(V, -10, 10)),
      set('a', `(f32x4.add ${get('a')} ${get('a')})`),
      exponential(target),
      set('p', lessOne),
      `(f32x4.div ${get('p')} (f32x4.add ${get('p')} ${f32x4(2)}))`,
    ),
    gelu(target),
  ].join('\n');
}

/**
 * max(x, 0) - |x| P(|x|), where P(t) is the part of a normal distribution above t: no difference of
 * nearly equal numbers, as 1 + erf(x / sqrt 2) would be below 0. The square of t in two parts keeps
 * its digits through the exponential.
 *
 * @param {Target} target
 */
function gelu(target) {
  const [high, t, low] = ['high', 't', 'low'].map(get);
  return eachVector(
    'gelu',
    [],
    [...EXPONENTIAL_LOCALS, 'high', 't', 'low'],
    set('t', `(f32x4.pmin ${magnitude} ${f32x4(TAIL_END)})`),
    set('high', `(v128.and ${t} ${HALF_OF_THE_BITS})`),
    set(
      'low',
      `(f32x4.mul ${f32x4(0.5)} (f32x4.mul (f32x4.sub ${t} ${high}) (f32x4.add ${t} ${high})))`,
    ),
    set('a', `(f32x4.mul ${f32x4(-0.5)} (f32x4.mul ${high} ${high}))`),
    exponential(target, low),
    set(
      'a',
      `(f32x4.div (f32x4.sub ${t} ${f32x4(TAIL_MIDDLE)}) (f32x4.add ${t} ${f32x4(TAIL_MIDDLE)}))`,
    ),
    set('a', `(f32x4.mul ${POWER} ${polynomial(target, TAIL, get('a'))})`),
    `(f32x4.sub ${positive} (f32x4.mul ${t} ${get('a')}))`,
  );
}
