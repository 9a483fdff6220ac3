/** A worker that runs nothing, and answers what the test says. */

import type { Reply, Request } from '../../web/src/client/worker/serve.js';

/** Stands for `Worker` while it is installed. */
export class PretendedWorker {
  /** Those that were started since it was installed. */
  static all: PretendedWorker[] = [];
  /** Why no worker starts, or undefined. */
  static refusal: string | undefined;
  /** The answer to a request; undefined is none. */
  static answer: (request: Request) => Omit<Reply, 'id'> | undefined;

  onmessage: ((event: { data: Reply }) => void) | null = null;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | null = null;
  isTerminated = false;
  readonly asked: Request[] = [];
  readonly transferred: unknown[][] = [];

  constructor(
    readonly address: string,
    readonly options?: WorkerOptions,
  ) {
    PretendedWorker.all.push(this);
    const { refusal } = PretendedWorker;
    queueMicrotask(() => this.say(refusal ? { failure: { message: refusal } } : {}));
  }

  static install(): void {
    PretendedWorker.all = [];
    PretendedWorker.refusal = undefined;
    PretendedWorker.answer = () => ({});
    // What else a page must have before it starts a worker.
    Reflect.set(globalThis, 'OffscreenCanvas', class {});
    Reflect.set(globalThis, 'OffscreenCanvasRenderingContext2D', class {});
    Reflect.set(globalThis, 'createImageBitmap', async () => 'a bitmap');
    Reflect.set(globalThis, 'ImageBitmap', class {});
    Reflect.set(globalThis, 'Worker', PretendedWorker);
  }

  static remove(): void {
    const own = ['Worker', 'OffscreenCanvas', 'OffscreenCanvasRenderingContext2D'];
    for (const name of [...own, 'createImageBitmap', 'ImageBitmap']) {
      Reflect.deleteProperty(globalThis, name);
    }
  }

  postMessage(request: Request, transfer: unknown[]): void {
    this.asked.push(request);
    this.transferred.push(transfer);
    const answer = PretendedWorker.answer(request);
    if (answer) queueMicrotask(() => this.say({ id: request.id, ...answer }));
  }

  /** Sends a message to the page. */
  say(reply: Reply): void {
    this.onmessage?.({ data: reply });
  }

  /** Dies of an error that nobody caught. */
  die(message: string): void {
    this.onerror?.({ message, preventDefault() {} });
  }

  terminate(): void {
    this.isTerminated = true;
  }
}
