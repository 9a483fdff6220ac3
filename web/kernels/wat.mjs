/** Small pieces of WebAssembly text that kernels are put together from. */

/**
 * What a binary may use.
 *
 * @typedef {object} Target
 * @property {'plain' | 'relaxed'} name
 * @property {number} rows rows of the tile of sums: as many as the registers of x64 hold.
 * @property {(sum: string, a: string, b: string) => string} multiplyAdd `sum + a * b` of vectors.
 */

/** @type {Readonly<Record<'plain' | 'relaxed', Target>>} */
export const TARGETS = {
  plain: {
    name: 'plain',
    rows: 5,
    multiplyAdd: (sum, a, b) => `(f32x4.add ${sum} (f32x4.mul ${a} ${b}))`,
  },
  relaxed: {
    name: 'relaxed',
    rows: 6,
    multiplyAdd: (sum, a, b) => `(f32x4.relaxed_madd ${a} ${b} ${sum})`,
  },
};

/** @param {string} name */
export const get = (name) => `(local.get $${name})`;

/** @param {string} name @param {string} value */
export const set = (name, value) => `(local.set $${name} ${value})`;

/** @param {number} value */
export const i32 = (value) => `(i32.const ${value})`;

/** A number of float32, exactly. @param {number} value */
export function f32(value) {
  if (!Number.isFinite(value)) return `(f32.const ${value > 0 ? 'inf' : '-inf'})`;
  return `(f32.const ${Math.fround(value)})`;
}

/** Four times a number. @param {number} value */
export const f32x4 = (value) => `(v128.const f32x4 ${`${Math.fround(value)} `.repeat(4).trim()})`;

/** Adds a number of bytes to an address in a local. @param {string} name @param {string} by */
export const advance = (name, by) => set(name, `(i32.add ${get(name)} ${by})`);

/** One line for each of 0 to count - 1. @param {number} count @param {(index: number) => string} of */
export const each = (count, of) =>
  Array.from({ length: count }, (_, index) => of(index)).join('\n');

/**
 * A function of the module that JavaScript can call: all parameters are whole numbers, or float32
 * where their name ends in `:f32`.
 *
 * @param {string} name
 * @param {readonly string[]} parameters
 * @param {Readonly<Record<string, 'i32' | 'f32' | 'v128'>>} locals
 * @param {...string} body
 */
export function kernel(name, parameters, locals, ...body) {
  return routine(`${name} (export "${name}")`, parameters, locals, ...body);
}

/**
 * A function that only kernels call, like {@link kernel}.
 *
 * @param {string} name
 * @param {readonly string[]} parameters
 * @param {Readonly<Record<string, 'i32' | 'f32' | 'v128'>>} locals
 * @param {...string} body
 */
export function routine(name, parameters, locals, ...body) {
  const typed = parameters.map((parameter) => {
    const [id, type = 'i32'] = parameter.split(':');
    return `(param $${id} ${type})`;
  });
  const { constants, text } = hoisted(body.join('\n'));
  const ids = Object.keys(constants);
  const all = { ...locals, ...Object.fromEntries(ids.map((id) => [id, 'v128'])) };
  const own = Object.entries(all).map(([id, type]) => `(local $${id} ${type})`);
  const first = ids.map((id) => set(id, constants[id])).join('\n');
  return `(func $${name} ${[...typed, ...own].join(' ')}\n${first}\n${text})`;
}

/**
 * Puts locals in the place of the vectors of constants of a function with loops: V8 makes a constant
 * anew wherever it stands, in four instructions or so. Zero is one instruction.
 *
 * @param {string} text
 */
function hoisted(text) {
  /** @type {Record<string, string>} */
  const constants = {};
  if (!text.includes('(loop ')) return { constants, text };
  /** @type {Map<string, string>} */
  const ids = new Map();
  const rest = text.replace(/\(v128\.const \w+((?: [^ )]+)+)\)/g, (constant, values) => {
    if (!/[1-9]/.test(values)) return constant;
    const id = ids.get(constant) ?? `constant${ids.size}`;
    ids.set(constant, id);
    constants[id] = constant;
    return get(id);
  });
  return { constants, text: rest };
}

let labels = 0;

/**
 * Repeats `body` while `condition` holds, which is asked before each round: at the end of the one before,
 * so that a round has one jump.
 *
 * @param {string} condition
 * @param {...string} body
 */
export function whilst(condition, ...body) {
  const label = `$l${labels++}`;
  const loop = `(loop ${label}\n${body.join('\n')}\n(br_if ${label} ${condition}))`;
  return when(condition, loop);
}

/** Does `body` if `condition` holds. @param {string} condition @param {...string} body */
export const when = (condition, ...body) => `(if ${condition} (then\n${body.join('\n')}))`;

/** Does `body` as often as the local says, which is 0 then. @param {string} name @param {...string} body */
export const repeat = (name, ...body) =>
  whilst(get(name), ...body, set(name, `(i32.sub ${get(name)} ${i32(1)})`));
