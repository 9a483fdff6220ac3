/**
 * Writes down what a model computes: a list of kernel calls on places in one memory. Where each place
 * lies is decided when the list is complete, because only then it is known how long each is needed.
 */

import { product } from '../bundle/fields.js';
import { ALIGNMENT, layOut, layOutInOrder, type Region, roundUp } from './arena.js';
import type { Kernels } from './binary.js';
import { checkBytes, checkCalls } from './limits.js';

/** A byte in a region. */
export interface Place {
  readonly region: Region;
  readonly offset: number;
}

/** Values of float32 one behind the other, the last axis fastest. */
export interface Tensor {
  /** Without the batch. */
  readonly shape: readonly number[];
  readonly place: Place;
  /** Bytes from one row of the last axis to the next, where other values lie between two. */
  readonly step?: number;
}

/** What a kernel is called with: bytes are addresses once they are known. */
export type Argument = number | Place;

interface Call {
  readonly kernel: string;
  readonly parameters: readonly Argument[];
}

/** Values that are known when the program is started. */
export interface Later {
  readonly length: number;
  read(): ArrayLike<number>;
  /** Waits until they can be read; undefined where they can. */
  readonly arrival?: (() => Promise<unknown>) | undefined;
}

/** Values that are there before the first call. */
interface Constant {
  readonly region: Region;
  /** As often as the region has room for them. */
  readonly values: ArrayLike<number> | Later;
  /** Whether only the loading reads them. */
  readonly isRaw: boolean;
}

/** A place some bytes further on. */
export function further({ region, offset }: Place, bytes: number): Place {
  return { region, offset: offset + bytes };
}

/** Collects regions and calls. */
export class ProgramWriter {
  readonly #kept: Region[] = [];
  readonly #raw: Region[] = [];
  readonly #passing: Region[] = [];
  readonly #constants: Constant[] = [];
  readonly #preparing: Call[] = [];
  readonly #running: Call[] = [];
  #keptBytes = ALIGNMENT;

  /** Number of calls so far that answer a picture. */
  get length(): number {
    return this.#running.length;
  }

  /** Values that every answer reads, as they are, so many times one behind the other. */
  constant(values: ArrayLike<number> | Later, times = 1): Place {
    const region = this.#keep(values.length * 4 * times);
    this.#constants.push({ region, values, isRaw: false });
    return { region, offset: 0 };
  }

  /** Bytes that {@link prepare} fills once and every answer reads. */
  prepared(bytes: number): Place {
    return { region: this.#keep(bytes), offset: 0 };
  }

  /** Values that only {@link prepare} reads: gone before the first answer. */
  raw(values: ArrayLike<number> | Later): Place {
    const region = this.#region(values.length * 4, this.#raw);
    this.#constants.push({ region, values, isRaw: true });
    return { region, offset: 0 };
  }

  /** Bytes that hold what one call writes until the last call that mentions them. */
  bytes(count: number): Place {
    return { region: this.#region(count, this.#passing), offset: 0 };
  }

  tensor(shape: readonly number[]): Tensor {
    return { shape, place: this.bytes(4 * product(shape)) };
  }

  /** Calls a kernel once, while the model is loaded. */
  prepare(kernel: string, ...parameters: Argument[]): void {
    this.#write(this.#preparing, kernel, parameters);
  }

  /** Calls a kernel for each picture. */
  call(kernel: string, ...parameters: Argument[]): void {
    this.#write(this.#running, kernel, parameters);
  }

  /** Says that a place is read or written by the caller, between the calls so far and the next. */
  use(place: Place): void {
    mention(place, this.#running.length);
  }

  /**
   * Gives every place its address: first what stays, then what passes, with what only the loading
   * needs in the same memory.
   *
   * @throws where that is more than the kernels can address.
   */
  finish(): Plan {
    let end = ALIGNMENT;
    for (const region of this.#kept) {
      region.address = end;
      end += roundUp(region.bytes);
    }
    const ends = [layOut(this.#passing, end), layOutInOrder(this.#raw, end)];
    const bytes = Math.max(...ends) + ALIGNMENT;
    checkBytes(bytes);
    return {
      bytes,
      keptBytes: end,
      regions: [...this.#kept, ...this.#passing],
      constants: this.#constants,
      preparing: this.#preparing,
      running: this.#running,
    };
  }

  #write(list: Call[], kernel: string, parameters: readonly Argument[]): void {
    for (const each of parameters) if (typeof each !== 'number') mention(each, list.length);
    list.push({ kernel, parameters });
    checkCalls(list.length);
  }

  /** A region that stays. What there is so far is counted: values are not even made for nothing. */
  #keep(bytes: number): Region {
    this.#keptBytes += roundUp(bytes);
    checkBytes(this.#keptBytes);
    return this.#region(bytes, this.#kept);
  }

  #region(bytes: number, list: Region[]): Region {
    const region = { bytes, first: Number.POSITIVE_INFINITY, last: -1, address: -1 };
    list.push(region);
    return region;
  }
}

function mention({ region }: Place, now: number): void {
  region.first = Math.min(region.first, now);
  region.last = Math.max(region.last, now);
}

/** A complete list, and where everything lies. */
export interface Plan {
  /** Of memory, all in all. */
  readonly bytes: number;
  /** Of what stays: weights and constants. */
  readonly keptBytes: number;
  /** The pieces that every answer has; those of raw constants lie over them. */
  readonly regions: readonly Region[];
  readonly constants: readonly Constant[];
  readonly preparing: readonly Call[];
  readonly running: readonly Call[];
}

/** A plan on started kernels, ready to run. */
export class Program {
  readonly #calls: readonly (() => void)[];

  private constructor(plan: Plan, kernels: Kernels) {
    this.#calls = plan.running.map((call) => bound(call, kernels));
  }

  /**
   * Gets a plan ready, as far as its values have arrived, and waits for the next ones.
   *
   * @param kernels - with at least `plan.bytes` of memory.
   * @throws where the plan names a kernel that is not there: a mistake of this library.
   */
  static async start(plan: Plan, kernels: Kernels): Promise<Program> {
    for (const { arrival } of prepared(plan, kernels)) await arrival?.();
    return new Program(plan, kernels);
  }

  /** Does the calls from `start` to before `end`: all of them where it is not said. */
  run(end = this.#calls.length, start = 0): void {
    for (let index = start; index < end; index++) this.#calls[index]();
  }
}

/**
 * Puts the values of a plan where they belong and does the calls that prepare, one after the other;
 * gives all values that are still to come before it reads them.
 */
function* prepared(plan: Plan, kernels: Kernels): Generator<Later, void> {
  const { buffer } = kernels.memory;
  function* load({ region, values }: Constant): Generator<Later, void> {
    const isLater = 'read' in values;
    if (isLater) yield values;
    const floats = isLater ? values.read() : values;
    const all = new Float32Array(buffer, region.address, region.bytes / 4);
    all.set(floats);
    for (let done = floats.length; done < all.length; done *= 2) all.copyWithin(done, 0, done);
  }
  // What is raw shares its addresses, and comes when it is needed; what stays has its own.
  const raw = new Map<number, Constant[]>();
  for (const constant of plan.constants) {
    const { first } = constant.region;
    if (constant.isRaw) raw.set(first, [...(raw.get(first) ?? []), constant]);
  }
  for (const [index, call] of plan.preparing.entries()) {
    for (const constant of raw.get(index) ?? []) yield* load(constant);
    bound(call, kernels)();
  }
  for (const constant of plan.constants) if (!constant.isRaw) yield* load(constant);
}

function bound({ kernel, parameters }: Call, kernels: Kernels): () => void {
  const run = kernels.functions[kernel];
  if (!run) throw new Error(`there is no kernel ${kernel}`);
  // Bound, not spread: a call of twenty numbers takes half the time, and the first one a tenth.
  return run.bind(undefined, ...parameters.map(addressOf));
}

/** Where a place is, once the plan is finished. */
export function addressOf(argument: Argument): number {
  return typeof argument === 'number' ? argument : argument.region.address + argument.offset;
}
