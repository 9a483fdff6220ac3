/** A graphics processor under watch: some of its answers are compared with WebAssembly's. */

import type { MemoryUse } from '../api.js';
import type { BackendName } from '../constants.generated.js';
import type { ActivationMap } from '../model/model.js';
import type { ModelInput } from '../preprocess/spec.js';
import type { ImageSource } from '../reading/sources.js';
import type { Session, SessionAnswer } from '../worker/core.js';
import type { OpenSession } from './session.js';
import { largestDifference } from './trial.js';

/** From this answer on one in so many is compared. */
const EVERY = 50;
/** How long the session to compare with is kept for another answer. */
const KEPT_MILLISECONDS = 30_000;

/** The session on WebAssembly that a watched one is compared with; opened when it is asked. */
export class Witness {
  readonly #open: () => Promise<OpenSession>;
  #opened: OpenSession | undefined;
  #opening: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** @param opened - one that is there already. */
  constructor(open: () => Promise<OpenSession>, opened: OpenSession | undefined) {
    this.#open = open;
    this.#opened = opened;
    this.#keep();
  }

  /** The answer to pixels; undefined where it cannot be had. */
  async predict(pixels: Uint8Array): Promise<Float32Array | undefined> {
    clearTimeout(this.#timer);
    try {
      if (!this.#opened) {
        this.#opening ??= this.#start();
        await this.#opening;
      }
      return await this.#opened?.session.predict(pixels);
    } catch {
      return undefined;
    } finally {
      this.#keep();
    }
  }

  /** Hands the session over to whoever goes on with it. */
  take(): OpenSession | undefined {
    const opened = this.#opened;
    this.#opened = undefined;
    this.dispose();
    return opened;
  }

  dispose(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#release();
  }

  async #start(): Promise<void> {
    try {
      this.#opened = await this.#open();
    } finally {
      this.#opening = undefined;
      if (this.#isOver) this.#release();
    }
  }

  #keep(): void {
    clearTimeout(this.#timer);
    if (this.#isOver || !this.#opened) return;
    this.#timer = setTimeout(() => this.#release(), KEPT_MILLISECONDS);
  }

  #release(): void {
    this.#opened?.session.dispose();
    this.#opened = undefined;
  }
}

/**
 * A session whose 1st, 2nd, 4th, 8th, 16th and 32nd answer is compared, and then every 50th: what
 * goes wrong soon is found soon, and what goes wrong later costs 2 % of a comparison. Answers that
 * cannot be right, of zeros or of what is no number, always are.
 */
export class WatchedSession implements Session {
  readonly #session: Session;
  readonly #witness: Witness;
  readonly #tolerance: number;
  readonly #onWrong: (difference: number) => void;
  #answers = 0;

  /** @param onWrong - told that an answer is off by more than `tolerance`. */
  constructor(
    session: Session,
    witness: Witness,
    tolerance: number,
    onWrong: (difference: number) => void,
  ) {
    this.#session = session;
    this.#witness = witness;
    this.#tolerance = tolerance;
    this.#onWrong = onWrong;
  }

  get backend(): BackendName {
    return this.#session.backend;
  }

  async classify(image: ImageSource): Promise<SessionAnswer> {
    const answer = await this.#session.classify(image);
    const probabilities = await this.#judged(answer.input.data, answer.probabilities);
    if (probabilities === answer.probabilities) return answer;
    // What was wrong about the answer is wrong about the features too.
    const { features: _, ...right } = answer;
    return { ...right, probabilities };
  }

  async predict(pixels: Uint8Array): Promise<Float32Array> {
    return this.#judged(pixels, await this.#session.predict(pixels));
  }

  preprocess(image: ImageSource): Promise<ModelInput> {
    return this.#session.preprocess(image);
  }

  classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined> {
    return this.#session.classActivation(pixels, index);
  }

  memory(): Promise<MemoryUse> {
    return this.#session.memory();
  }

  dispose(): void {
    this.#session.dispose();
    this.#witness.dispose();
  }

  /** The answer, or WebAssembly's where the two differ. */
  async #judged(pixels: Uint8Array, answer: Float32Array): Promise<Float32Array> {
    if (!isCompared(++this.#answers) && !isImpossible(answer)) return answer;
    const right = await this.#witness.predict(pixels);
    if (!right) return answer;
    const difference = largestDifference(answer, right);
    if (difference <= this.#tolerance) return answer;
    this.#onWrong(difference);
    return right;
  }
}

function isCompared(number: number): boolean {
  return number < EVERY ? Number.isInteger(Math.log2(number)) : number % EVERY === 0;
}

function isImpossible(answer: Float32Array): boolean {
  return !answer.every(Number.isFinite) || answer.every((value) => value === 0);
}
