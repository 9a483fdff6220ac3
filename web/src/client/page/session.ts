/** Opens sessions: in a worker where that is possible, in this thread elsewhere. */

import { type BackendChoice, candidates } from '../backends.js';
import type { BackendName } from '../constants.generated.js';
import { KerasportError, messageOf, quote } from '../errors.js';
import type { ModelParts, Session } from '../worker/core.js';
import { type CoreCode, coreCode } from './cores/index.js';
import { Connection, canUseWorkers, RemoteSession } from './remote.js';

/** Whether to work in a worker, `auto` where it works; or how to start the site's own one. */
export type WorkerChoice = boolean | 'auto' | OwnWorker;

/** A worker of the site, for policies that forbid those of this library. */
export interface OwnWorker {
  readonly isRequired: boolean;
  readonly start: () => Worker;
}

/**
 * What `loadClassifier` was told about workers, as one choice.
 *
 * @throws {@link KerasportError} `invalid-argument`.
 */
export function workerChoice(
  worker: boolean | 'auto',
  own?: string | URL | (() => Worker),
): WorkerChoice {
  if (own === undefined || worker === false) return worker;
  const isRequired = worker === true;
  if (typeof own === 'function') return { isRequired, start: own as () => Worker };
  // An address that the page's Trusted Types made is an object of theirs, and must stay one.
  const isAddress = typeof own === 'string' || (typeof own === 'object' && own !== null);
  if (isAddress) return { isRequired, start: () => new Worker(own, { type: 'module' }) };
  throw new KerasportError(
    'invalid-argument',
    `The workerUrl is ${quote(own)}. Expected the address of kerasport-worker.js, or a function ` +
      'that starts it and returns the Worker.',
  );
}

/** A session that is open, and how it was opened. */
export interface OpenSession {
  readonly session: Session;
  readonly isRemote: boolean;
}

/**
 * Opens a session on the first backend of `choice` that starts.
 *
 * @param parts - reads the model; asked again for every attempt, because a worker takes the bytes.
 * @throws {@link KerasportError} `backend-unavailable` with the reason of each that was tried.
 */
export async function openSession(
  choice: BackendChoice,
  worker: WorkerChoice,
  parts: () => Promise<ModelParts>,
  signal?: AbortSignal,
): Promise<OpenSession> {
  const failures: string[] = [];
  let unread: { readonly error: unknown } | undefined;
  const noteUnread = (error: unknown) => {
    unread = { error };
    throw error;
  };
  const reading = async () => {
    const model = await parts().catch(noteUnread);
    for (const piece of model.weightData)
      Promise.resolve(piece)
        .catch(noteUnread)
        .catch(() => {});
    return model;
  };
  for (const name of candidates(choice)) {
    try {
      return await openOn(name, worker, reading, signal);
    } catch (error) {
      signal?.throwIfAborted();
      // No other backend would read the model better.
      if (error instanceof KerasportError || unread) throw error;
      failures.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new KerasportError(
    'backend-unavailable',
    `No backend can run the model (${failures.join('; ')}). ` +
      'Try another backend or a current browser.',
  );
}

async function openOn(
  backend: BackendName,
  worker: WorkerChoice,
  parts: () => Promise<ModelParts>,
  signal?: AbortSignal,
): Promise<OpenSession> {
  const code = coreCode(backend);
  // The worker starts while the files are read.
  const connecting = connection(backend, worker);
  connecting?.catch(() => {});
  try {
    const model = await parts();
    const connection = await connecting;
    signal?.throwIfAborted();
    const session = connection
      ? await RemoteSession.load(connection, code, model, backend)
      : await (await code.local()).load(model, backend);
    if (signal?.aborted) session.dispose();
    signal?.throwIfAborted();
    return { session, isRemote: connection !== undefined };
  } catch (error) {
    connecting?.then(
      (connection) => connection?.close(error),
      () => {},
    );
    throw error;
  }
}

let early: Promise<Connection | undefined> | undefined;

/**
 * Starts the worker for WebAssembly before there is a model: starting it and parsing a large
 * `model.js` take about as long, and go side by side. The first session that needs one takes it.
 */
export function startWorker(): void {
  early ??= connect(coreCode('wasm'), 'auto');
}

function connection(
  backend: BackendName,
  worker: WorkerChoice,
): Promise<Connection | undefined> | undefined {
  if (worker === false) return undefined;
  if (worker !== 'auto' || backend !== 'wasm' || !early) return connect(coreCode(backend), worker);
  const started = early;
  early = undefined;
  return started;
}

async function connect(
  code: CoreCode,
  worker: Exclude<WorkerChoice, false>,
): Promise<Connection | undefined> {
  const isOwn = typeof worker === 'object';
  const isRequired = isOwn ? worker.isRequired : worker === true;
  try {
    if (isOwn) return await Connection.with(worker.start);
    if (!code.source || !canUseWorkers()) throw new Error('this browser does not have them');
    return await Connection.open(await code.source());
  } catch (error) {
    if (!isRequired) return undefined;
    throw new KerasportError(
      'backend-unavailable',
      `The model cannot run in a worker (${messageOf(error)}). Allow workers in the page's ` +
        'Content-Security-Policy with worker-src blob:, give the address of kerasport-worker.js as ' +
        "workerUrl, or leave out 'worker: true'.",
      { cause: error },
    );
  }
}
