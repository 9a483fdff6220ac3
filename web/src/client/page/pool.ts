/** More sessions with the same model, for batches of pictures. */

import type { MemoryUse, TotalMemory } from '../api.js';
import { nextTask } from '../bundle/tasks.js';
import { disposed, KerasportError } from '../errors.js';
import type { ImageSource } from '../reading/sources.js';
import type { ModelParts, Session, SessionAnswer } from '../worker/core.js';
import type { OpenSession } from './session.js';

/** How long the sessions are kept for another batch. */
const KEPT_MILLISECONDS = 30_000;

/** Opens one more session from these parts. */
export type OpenMember = (
  parts: () => Promise<ModelParts>,
  signal: AbortSignal,
) => Promise<OpenSession>;

/** The session that is always there: `isLast` where a picture is not to be tried once more. */
export type AskFirst = (image: ImageSource, isLast: boolean) => Promise<SessionAnswer>;

interface Member {
  readonly session: Session;
  /** Pictures that it has been given and not answered. */
  busy: number;
}

/** A batch of pictures while it runs. */
export interface Batch {
  /** Number of sessions that answer now. */
  readonly size: () => number;
  /** The answer of the session that has least to do; of another one, once, where that one dies. */
  readonly classify: (image: ImageSource) => Promise<SessionAnswer>;
  /** Without another batch the sessions end after a while. */
  readonly end: () => void;
}

/** Sessions beside the first one, in workers of their own. */
export class Pool {
  readonly #open: OpenMember;
  readonly #read: () => Promise<ModelParts>;
  readonly #askFirst: AskFirst;
  readonly #members = new Set<Member>();
  #firstBusy = 0;
  #opening = 0;
  #batches = 0;
  #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param read - reads the model; once for all sessions that are opened together. */
  constructor(open: OpenMember, read: () => Promise<ModelParts>, askFirst: AskFirst) {
    this.#open = open;
    this.#read = read;
    this.#askFirst = askFirst;
  }

  /**
   * Begins a batch on `size` sessions at most. The batch need not wait for them: each one joins when
   * it has started, and where one does not start there are fewer.
   */
  begin(size: number): Batch {
    this.#batches++;
    clearTimeout(this.#timer);
    const missing = size - 1 - this.#members.size - this.#opening;
    const parts = copies(this.#read);
    for (let i = 0; i < missing; i++) this.#add(parts);
    const others = () => [...this.#members].slice(0, size - 1);
    return {
      size: () => 1 + others().length,
      classify: (image) => this.#classify(image, others()),
      end: () => {
        this.#batches--;
        this.#keep();
      },
    };
  }

  async #classify(image: ImageSource, others: Member[]): Promise<SessionAnswer> {
    const [member] = others.sort((a, b) => a.busy - b.busy);
    if (!member || this.#firstBusy <= member.busy) return this.#classifyFirst(image, false);
    member.busy++;
    try {
      return await member.session.classify(image);
    } catch (error) {
      const isRetired = !this.#members.has(member);
      const hasEnded = error instanceof KerasportError && error.kind === 'worker-ended';
      if (!isRetired && !hasEnded) throw error;
      this.#remove(member);
      return await this.#classifyFirst(image, hasEnded);
    } finally {
      member.busy--;
    }
  }

  /** What each session beside the first one holds. */
  async memory(): Promise<MemoryUse[]> {
    const all = [...this.#members].map(({ session }) => session.memory());
    const known = await Promise.allSettled(all);
    return known.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }

  /** Ends all sessions but the first one; what they owe is answered by that. */
  release(): void {
    clearTimeout(this.#timer);
    this.#stop.abort(disposed());
    this.#stop = new AbortController();
    for (const member of this.#members) this.#remove(member);
  }

  async #classifyFirst(image: ImageSource, isLast: boolean): Promise<SessionAnswer> {
    this.#firstBusy++;
    try {
      return await this.#askFirst(image, isLast);
    } finally {
      this.#firstBusy--;
    }
  }

  async #add(parts: () => Promise<ModelParts>): Promise<void> {
    const { signal } = this.#stop;
    this.#opening++;
    try {
      const { session, isRemote } = await this.#open(parts, signal);
      // In the page's own thread it would take time from the others.
      if (!isRemote || signal.aborted) session.dispose();
      else this.#members.add({ session, busy: 0 });
    } catch {
      // The others do its work.
    } finally {
      this.#opening--;
    }
    this.#keep();
  }

  #keep(): void {
    clearTimeout(this.#timer);
    if (this.#batches > 0 || this.#members.size === 0) return;
    this.#timer = setTimeout(() => this.release(), KEPT_MILLISECONDS);
  }

  #remove(member: Member): void {
    this.#members.delete(member);
    member.session.dispose();
  }
}

/** Reads a model once and gives copies, each in memory of its own that a worker can take over. */
function copies(read: () => Promise<ModelParts>): () => Promise<ModelParts> {
  let reading: Promise<ModelParts> | undefined;
  return async () => {
    reading ??= read();
    const parts = await reading;
    const weightData: ArrayBuffer[] = [];
    for (const piece of parts.weightData) {
      const bytes = await piece;
      // All of them in one task would hold the page up.
      await nextTask();
      weightData.push(bytes.slice(0));
    }
    return { ...parts, weightData };
  };
}

/** What several sessions hold together. */
export function totalOf(all: readonly MemoryUse[]): TotalMemory {
  const sum = (key: 'tensors' | 'bytes' | 'wasmBytes') =>
    all.reduce((total, each) => total + each[key], 0);
  const heaps = all.map(({ heapBytes }) => heapBytes);
  return {
    workers: all.length,
    tensors: sum('tensors'),
    bytes: sum('bytes'),
    wasmBytes: sum('wasmBytes'),
    heapBytes: heaps.reduce((total, each) =>
      total === null || each === null ? null : total + each,
    ),
  };
}
