/** The worker's end of the conversation with the page. */

import type { BackendName } from '../constants.generated.js';
import { KerasportError, messageOf } from '../errors.js';
import type { Core, ModelParts, Session } from './core.js';

/** What a page asks: a method of the session, to load one, or to take a piece of its weights. */
export interface Request {
  readonly id: number;
  readonly method: 'load' | 'follow' | keyof Omit<Session, 'backend' | 'dispose'>;
  readonly parameters: readonly unknown[];
}

/** An error as it travels. */
export interface Failure {
  /** Undefined where it is not an error of this library. */
  readonly code?: KerasportError['code'];
  readonly kind?: KerasportError['kind'] | undefined;
  readonly message: string;
}

/** What a worker answers; without a number it says whether it can do the work at all. */
export interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly failure?: Failure;
}

/** Answers the page that started this worker. */
export function serve(core: Core): void {
  let session: Session | undefined;
  const following = new Map<number, (bytes: ArrayBuffer) => void>();
  const answer = async ({ method, parameters }: Request): Promise<unknown> => {
    if (method === 'load') {
      const [parts, backend] = parameters as [ModelParts, BackendName];
      // Where there is nothing yet, it follows.
      const weightData = parts.weightData.map(
        (piece, index) => piece ?? new Promise<ArrayBuffer>((take) => following.set(index, take)),
      );
      session = await core.load({ ...parts, weightData }, backend);
      return undefined;
    }
    if (method === 'follow') {
      const [index, bytes] = parameters as [number, ArrayBuffer];
      following.get(index)?.(bytes);
      return undefined;
    }
    if (!session) throw new Error('no model is loaded');
    const work = session[method] as (...values: unknown[]) => Promise<unknown>;
    return work.apply(session, [...parameters]);
  };
  addEventListener('message', async ({ data }: MessageEvent<Request>) => {
    const { id } = data;
    try {
      const result = await answer(data);
      send({ id, result }, buffersIn(result));
    } catch (error) {
      send({ id, failure: failureOf(error) });
    }
  });
  // Whether it works is seen when a model is loaded.
  core.prepare().catch(() => {});
  // WebKit lets no worker of a page on file:// read a blob, and pictures are blobs.
  new Blob(['.']).arrayBuffer().then(
    () => send({}),
    (error) => send({ failure: failureOf(error) }),
  );
}

function send(reply: Reply, transfer: ArrayBuffer[] = []): void {
  (postMessage as (message: unknown, transfer: ArrayBuffer[]) => void)(reply, transfer);
}

/** Everything in an answer that can be handed over instead of copied. */
function buffersIn(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer];
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap(buffersIn))];
}

function failureOf(error: unknown): Failure {
  const message = messageOf(error);
  if (!(error instanceof KerasportError)) return { message };
  return { code: error.code, kind: error.kind, message };
}
