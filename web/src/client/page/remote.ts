/** The page's end of the conversation with a worker. */

import type { MemoryUse } from '../api.js';
import type { BackendName } from '../constants.generated.js';
import { disposed, KerasportError } from '../errors.js';
import type { ActivationMap } from '../model/model.js';
import type { ModelInput } from '../preprocess/spec.js';
import { isElement, openBitmap } from '../reading/drawables.js';
import type { ImageSource } from '../reading/sources.js';
import type { ModelParts, Session, SessionAnswer } from '../worker/core.js';
import type { Failure, Reply, Request } from '../worker/serve.js';
import type { CoreCode } from './cores/index.js';
import { trustedScriptUrl } from './trusted.js';

/** Whether this browser has what a worker needs to read pictures. */
export function canUseWorkers(): boolean {
  return [
    typeof Worker,
    // Deno has the canvas, and nothing that draws on it.
    typeof OffscreenCanvasRenderingContext2D,
    typeof createImageBitmap,
  ].every((type) => type !== 'undefined');
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** A worker that answers. */
export class Connection {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #end: unknown;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.close(
        new KerasportError(
          'inference-failed',
          `The worker that runs the model has ended (${event.message || 'no reason given'}). ` +
            'Load the model again.',
          { kind: 'worker-ended' },
        ),
      );
    };
  }

  /** Starts a worker from the text of its program; rejects where the page does not allow it. */
  static open(program: string): Promise<Connection> {
    const address = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
    // The policy's own type stands for a string everywhere but in TypeScript.
    const start = () => new Worker(trustedScriptUrl(address));
    return Connection.with(start).finally(() => URL.revokeObjectURL(address));
  }

  /** Waits until a worker says that it can answer; rejects where it cannot start. */
  static with(start: () => Worker): Promise<Connection> {
    return new Promise<Connection>((resolve, reject) => {
      const worker = start();
      const fail = (reason: string) => {
        worker.terminate();
        reject(new Error(reason));
      };
      worker.onmessage = ({ data }: MessageEvent<Reply>) => {
        if (data.failure) fail(data.failure.message);
        else resolve(new Connection(worker));
      };
      worker.onerror = (event) => {
        event.preventDefault();
        fail(event.message || 'the page does not allow it');
      };
    });
  }

  /** Asks for one piece of work. */
  ask<Result>(
    method: Request['method'],
    parameters: readonly unknown[],
    transfer: Transferable[] = [],
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) throw this.#end;
      const id = this.#next++;
      this.#worker.postMessage({ id, method, parameters } satisfies Request, transfer);
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Ends the worker; what is still asked is answered with `error`. */
  close(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #receive({ id, result, failure }: Reply): void {
    if (id === undefined) return;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure) waiting?.reject(errorOf(failure));
    else waiting?.resolve(result);
  }
}

function errorOf({ code, kind, message }: Failure): Error {
  return code ? new KerasportError(code, message, { kind }) : new Error(message);
}

/** A model in a worker. */
export class RemoteSession implements Session {
  readonly #connection: Connection;
  readonly #code: CoreCode;

  private constructor(
    connection: Connection,
    code: CoreCode,
    readonly backend: BackendName,
  ) {
    this.#connection = connection;
    this.#code = code;
  }

  /**
   * Hands a model over to a worker, its bytes included, and waits until it can answer. Weights that
   * are still read follow when they are there.
   */
  static async load(
    connection: Connection,
    code: CoreCode,
    parts: ModelParts,
    backend: BackendName,
  ): Promise<RemoteSession> {
    const isHere = (piece: unknown) => piece instanceof ArrayBuffer;
    const weightData = parts.weightData.map((piece) => (isHere(piece) ? piece : null));
    const loading = connection.ask(
      'load',
      [{ ...parts, weightData }, backend],
      [...(weightData.filter(isHere) as ArrayBuffer[])],
    );
    const following = parts.weightData.map(async (piece, index) => {
      if (isHere(piece)) return;
      const bytes = await piece;
      await connection.ask('follow', [index, bytes], [bytes]);
    });
    await Promise.all([loading, ...following]);
    return new RemoteSession(connection, code, backend);
  }

  classify(image: ImageSource): Promise<SessionAnswer> {
    return this.#askWith('classify', image);
  }

  preprocess(image: ImageSource): Promise<ModelInput> {
    return this.#askWith('preprocess', image);
  }

  predict(pixels: Uint8Array): Promise<Float32Array> {
    return this.#connection.ask('predict', [pixels]);
  }

  classActivation(pixels: Uint8Array, index: number): Promise<ActivationMap | undefined> {
    return this.#connection.ask('classActivation', [pixels, index]);
  }

  memory(): Promise<MemoryUse> {
    return this.#connection.ask('memory', []);
  }

  dispose(): void {
    this.#connection.close(disposed());
  }

  async #askWith<Result>(method: 'classify' | 'preprocess', image: ImageSource): Promise<Result> {
    const own = isElement(image) ? await openBitmap(image) : image;
    try {
      return await this.#connection.ask(method, [own], own === image ? [] : [own as ImageBitmap]);
    } catch (error) {
      // What another site's picture is made of may not be posted; reading it says so properly.
      const isLocked = error instanceof DOMException && error.name === 'DataCloneError';
      const isElsewhere = error instanceof KerasportError && error.kind === 'page-needed';
      if (!isLocked && !isElsewhere) throw error;
      const core = await this.#code.local();
      return await this.#connection.ask(method, [await core.readPixels(image)]);
    }
  }
}
