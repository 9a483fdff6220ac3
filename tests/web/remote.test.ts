/** The page's end of the conversation with a worker, with a worker that only pretends. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { KerasportError } from '../../web/src/client/errors.js';
import type { CoreCode } from '../../web/src/client/page/cores/index.js';
import { Connection, canUseWorkers, RemoteSession } from '../../web/src/client/page/remote.js';
import type { Core, ModelParts } from '../../web/src/client/worker/core.js';
import { PretendedWorker } from './pretended-worker.js';

const PICTURE = new Blob(['a picture']);
const PIXELS = {
  data: new Uint8Array(3),
  width: 1,
  height: 1,
  channels: 3 as const,
  isExact: true,
};
const WEIGHTS = new ArrayBuffer(8);

/** What the page's own thread was asked to read. */
let readHere: unknown[] = [];
const code: CoreCode = {
  async local() {
    const readPixels = async (image: unknown) => {
      readHere.push(image);
      return PIXELS;
    };
    return { readPixels } as unknown as Core;
  },
};

beforeEach(() => {
  readHere = [];
  PretendedWorker.install();
});

afterEach(() => PretendedWorker.remove());

async function loaded(): Promise<[RemoteSession, PretendedWorker]> {
  const connection = await Connection.open('the program');
  const parts = { weightData: [WEIGHTS] } as unknown as ModelParts;
  const session = await RemoteSession.load(connection, code, parts, 'wasm');
  return [session, PretendedWorker.all[0]];
}

test('workers are used only where they can read pictures too', () => {
  expect(canUseWorkers()).toBe(true);

  Reflect.deleteProperty(globalThis, 'OffscreenCanvasRenderingContext2D');

  expect(canUseWorkers()).toBe(false);
});

test('a model is handed over with the bytes of its weights', async () => {
  const [session, worker] = await loaded();

  expect(session.backend).toBe('wasm');
  expect(worker.asked[0]).toMatchObject({
    method: 'load',
    parameters: [expect.anything(), 'wasm'],
  });
  expect(worker.transferred[0]).toEqual([WEIGHTS]);
});

test('weights that are still read follow, and only then the model is loaded', async () => {
  const connection = await Connection.open('the program');
  const bytes = new ArrayBuffer(4);
  let give = (_: ArrayBuffer) => {};
  const coming = new Promise<ArrayBuffer>((resolve) => {
    give = resolve;
  });
  const parts = { weightData: [WEIGHTS, coming] } as unknown as ModelParts;
  const [worker] = PretendedWorker.all;
  let isLoaded = false;

  const loading = RemoteSession.load(connection, code, parts, 'wasm').then(() => {
    isLoaded = true;
  });
  await new Promise((done) => setTimeout(done));

  expect(isLoaded).toBe(false);
  expect(worker.asked).toMatchObject([
    { method: 'load', parameters: [{ weightData: [WEIGHTS, null] }, 'wasm'] },
  ]);
  expect(worker.transferred).toEqual([[WEIGHTS]]);
  give(bytes);
  await loading;
  expect(worker.asked[1]).toMatchObject({ method: 'follow', parameters: [1, bytes] });
  expect(worker.transferred[1]).toEqual([bytes]);
});

test('weights that cannot be read are no loaded model', async () => {
  const connection = await Connection.open('the program');
  PretendedWorker.answer = () => undefined;
  const parts = { weightData: [Promise.reject(new Error('cut short'))] } as unknown as ModelParts;

  await expect(RemoteSession.load(connection, code, parts, 'wasm')).rejects.toThrow('cut short');
});

test('a worker that cannot read pictures is ended, with its reason', async () => {
  PretendedWorker.refusal = 'blobs are locked';

  await expect(Connection.open('the program')).rejects.toThrow('blobs are locked');
  expect(PretendedWorker.all[0].isTerminated).toBe(true);
});

test('a worker that dies while it starts is ended, with its reason', async () => {
  PretendedWorker.refusal = undefined;
  const opening = Connection.open('the program');

  PretendedWorker.all[0].die('');

  await expect(opening).rejects.toThrow('the page does not allow it');
  expect(PretendedWorker.all[0].isTerminated).toBe(true);
});

test('answers find their questions in whatever order they come', async () => {
  const [session, worker] = await loaded();
  PretendedWorker.answer = () => undefined;
  const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)].map((data) => session.predict(data));
  const [one, two] = worker.asked.slice(1).map(({ id }) => id);

  worker.say({ id: two, result: 'second' });
  worker.say({ id: one, result: 'first' });

  expect(await Promise.all([first, second])).toEqual(['first', 'second']);
});

test('an error of the library keeps its code and its kind, another its message', async () => {
  const [session] = await loaded();

  PretendedWorker.answer = () => ({
    failure: { code: 'inference-failed', kind: 'context-lost', message: 'lost' },
  });
  await expect(session.memory()).rejects.toMatchObject({
    name: 'KerasportError',
    code: 'inference-failed',
    kind: 'context-lost',
    message: 'lost',
  });

  PretendedWorker.answer = () => ({ failure: { message: 'no model is loaded' } });
  const other = await session.memory().catch((error: unknown) => error);
  expect(other).not.toBeInstanceOf(KerasportError);
  expect(other).toMatchObject({ message: 'no model is loaded' });
});

test('a picture that only a page can read is read in the page and sent as pixels', async () => {
  const [session, worker] = await loaded();
  PretendedWorker.answer = ({ parameters: [image] }) =>
    image === PICTURE
      ? { failure: { code: 'picture-unreadable', kind: 'page-needed', message: 'not here' } }
      : { result: 'an answer' };

  expect(await session.classify(PICTURE)).toBe('an answer');

  expect(readHere).toEqual([PICTURE]);
  expect(worker.asked.at(-1)).toMatchObject({ method: 'classify', parameters: [PIXELS] });
});

test('a picture that may not be posted is read in the page', async () => {
  const [session] = await loaded();
  PretendedWorker.answer = ({ parameters: [image] }) => {
    if (image === PICTURE) throw new DOMException('locked', 'DataCloneError');
    return { result: 'an input' };
  };

  expect(await session.preprocess(PICTURE)).toBe('an input');
  expect(readHere).toEqual([PICTURE]);
});

test('what belongs to the page is sent as a bitmap, which the worker takes over', async () => {
  const [session, worker] = await loaded();

  await session.classify(new OffscreenCanvas(1, 1));

  expect(worker.asked.at(-1)?.parameters).toEqual(['a bitmap']);
  expect(worker.transferred.at(-1)).toEqual(['a bitmap']);
});

test('a picture that is damaged is not read a second time', async () => {
  const [session] = await loaded();
  PretendedWorker.answer = () => ({
    failure: { code: 'picture-unreadable', message: 'it is damaged' },
  });

  await expect(session.classify(PICTURE)).rejects.toThrow('it is damaged');
  expect(readHere).toEqual([]);
});

test('disposing ends the worker, what it still owes, and all that is asked later', async () => {
  const [session, worker] = await loaded();
  PretendedWorker.answer = () => undefined;
  const owed = session.predict(new Uint8Array(1));

  session.dispose();

  await expect(owed).rejects.toMatchObject({ code: 'disposed' });
  await expect(session.predict(new Uint8Array(1))).rejects.toMatchObject({ code: 'disposed' });
  expect(worker.isTerminated).toBe(true);
});

test('a worker that dies takes its questions with it, and says to load the model again', async () => {
  const [session, worker] = await loaded();
  PretendedWorker.answer = () => undefined;
  const owed = session.predict(new Uint8Array(1));

  worker.die('out of memory');

  await expect(owed).rejects.toMatchObject({
    code: 'inference-failed',
    message: expect.stringMatching(/out of memory.*Load the model again/),
  });
});
