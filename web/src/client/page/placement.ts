/** Where a model runs: the session that answers, and its moves from one backend to another. */

import type { BackendChange, BackendTrial, SamplePicture } from '../api.js';
import type { FloatRounding } from '../bundle/metadata.generated.js';
import type { BackendName } from '../constants.generated.js';
import { disposed, KerasportError, messageOf } from '../errors.js';
import type { ModelParts, Session } from '../worker/core.js';
import { type OpenSession, openSession, type WorkerChoice } from './session.js';
import { toleranceOn, tryFaster } from './trial.js';
import { WatchedSession, Witness } from './watched.js';

/** What a model needs to be opened anew. */
export interface Placing {
  readonly worker: WorkerChoice;
  /** Reads the model. */
  parts(): Promise<ModelParts>;
  /** What float32 adds to the answers; null where nobody measured it. */
  readonly rounding: FloatRounding | null;
  /** Told after each move. */
  onChange(change: BackendChange): void;
}

/** The session that answers, wherever it is now. */
export class Placement {
  readonly #placing: Placing;
  /** Backends that were wrong, and how. */
  readonly #refused = new Map<BackendName, string>();
  #opened: OpenSession;
  #replacing: Promise<void> | undefined;
  #isDisposed = false;

  constructor(opened: OpenSession, placing: Placing) {
    this.#opened = opened;
    this.#placing = placing;
  }

  get backend(): BackendName {
    return this.#opened.session.backend;
  }

  get isRemote(): boolean {
    return this.#opened.isRemote;
  }

  /** @throws {@link KerasportError} `disposed`. */
  checkAlive(): void {
    if (this.#isDisposed) throw disposed();
  }

  /**
   * Does work on the session; elsewhere, once more, where the graphics processor was lost or the
   * worker has died. Work that a worker died of is not done a third time (`mayRepeat`).
   */
  async use<Result>(
    work: (session: Session) => Promise<Result>,
    signal?: AbortSignal,
    mayRepeat = true,
  ): Promise<Result> {
    this.checkAlive();
    const { session } = this.#opened;
    try {
      return await untilAborted(() => work(session), signal);
    } catch (error) {
      const kind = error instanceof KerasportError ? error.kind : undefined;
      const hasEnded = kind === 'worker-ended';
      if (hasEnded && !mayRepeat) throw error;
      if (this.#opened.session === session) {
        if (kind !== 'context-lost' && !hasEnded) throw error;
        this.#replacing ??= this.#replace(kind, messageOf(error)).finally(() => {
          this.#replacing = undefined;
        });
        await this.#replacing;
      }
      return this.use(work, signal, mayRepeat && !hasEnded);
    }
  }

  /** Moves to the fastest backend that answers the samples like Keras, and has it watched. */
  async tune(samples: readonly SamplePicture[], signal?: AbortSignal): Promise<BackendTrial[]> {
    this.checkAlive();
    const present = this.#opened;
    const { worker, parts, rounding } = this.#placing;
    const { trials, winner } = await tryFaster(
      present,
      { samples, rounding, refused: this.#refused },
      (backend) => openSession(backend, worker, parts, signal),
      signal,
    );
    if (winner) this.#moveUnderWatch(winner, present);
    return trials;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#opened.session.dispose();
  }

  #moveUnderWatch(winner: OpenSession, present: OpenSession): void {
    const { worker, parts, rounding } = this.#placing;
    const { backend } = winner.session;
    // What it was compared with so far is there to go on with it.
    const isKept = present.session.backend === 'wasm' && this.#opened === present;
    const open = () => openSession('wasm', worker, parts);
    const witness = new Witness(open, isKept ? present : undefined);
    const watched: OpenSession = {
      ...winner,
      session: new WatchedSession(
        winner.session,
        witness,
        toleranceOn(backend, rounding),
        (difference) => {
          if (this.#opened !== watched) return;
          const reason = `a probability was off by ${difference} from WebAssembly's`;
          this.#refused.set(backend, reason);
          const right = witness.take();
          if (right) this.#move(right, 'wrong-answer', `On ${backend} ${reason}.`);
        },
      ),
    };
    this.#move(watched, 'faster', `${backend} is faster, and answers the samples like Keras.`, {
      keepsFormer: isKept,
    });
  }

  async #replace(cause: BackendChange['cause'], reason: string): Promise<void> {
    const { worker, parts } = this.#placing;
    this.#move(await openSession('auto', worker, parts), cause, reason);
  }

  #move(
    opened: OpenSession,
    cause: BackendChange['cause'],
    reason: string,
    { keepsFormer = false } = {},
  ): void {
    const { session } = this.#opened;
    const from = session.backend;
    this.#opened = opened;
    if (!keepsFormer) session.dispose();
    if (this.#isDisposed) opened.session.dispose();
    else this.#placing.onChange({ from, to: opened.session.backend, cause, reason });
  }
}

/** Does work, and does not wait for it any longer than the signal allows. */
async function untilAborted<Result>(
  work: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  if (!signal) return work();
  // Before the work begins: nobody would hear of its failure.
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
