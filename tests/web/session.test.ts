/** Where a session opens: which backend, beside the page or in it, with cores that only pretend. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BackendName } from '../../web/src/client/constants.generated.js';
import { KerasportError } from '../../web/src/client/errors.js';
import type { CoreCode } from '../../web/src/client/page/cores/index.js';
import { openSession, startWorker, workerChoice } from '../../web/src/client/page/session.js';
import type { Core, ModelParts } from '../../web/src/client/worker/core.js';
import { PretendedWorker } from './pretended-worker.js';

/** Loads that the page's own thread was asked for. */
const loads: BackendName[] = [];
const disposed: BackendName[] = [];
let failures: Partial<Record<BackendName, unknown>> = {};
let hasText = false;
let whileLoading = () => {};

vi.mock('../../web/src/client/page/cores/index.js', () => ({
  coreCode: (): CoreCode => ({
    ...(hasText && { source: async () => 'the program' }),
    async local() {
      return {
        async load(_parts: ModelParts, backend: BackendName) {
          loads.push(backend);
          whileLoading();
          if (failures[backend]) throw failures[backend];
          return { backend, dispose: () => disposed.push(backend) };
        },
      } as unknown as Core;
    },
  }),
}));

const PARTS = { weightData: [] } as unknown as ModelParts;
const parts = vi.fn(async () => PARTS);

beforeEach(() => {
  hasText = true;
  PretendedWorker.install();
});

afterEach(() => {
  loads.length = 0;
  disposed.length = 0;
  failures = {};
  whileLoading = () => {};
  parts.mockClear();
  PretendedWorker.remove();
});

test('a session opens in a worker where there are workers', async () => {
  const { session, isRemote } = await openSession('wasm', 'auto', parts);

  expect([isRemote, session.backend, loads]).toEqual([true, 'wasm', []]);
  expect(PretendedWorker.all[0].asked.map(({ method }) => method)).toEqual(['load']);
});

test('a session opens in the page where no worker is wanted', async () => {
  const { session, isRemote } = await openSession('wasm', false, parts);

  expect([isRemote, session.backend]).toEqual([false, 'wasm']);
  expect(PretendedWorker.all).toEqual([]);
});

test('a page that forbids workers gets a session in its own thread', async () => {
  PretendedWorker.refusal = 'the policy forbids it';

  const { isRemote } = await openSession('wasm', 'auto', parts);

  expect([isRemote, loads]).toEqual([false, ['wasm']]);
});

test('a worker that must be, and cannot, says why and what to allow', async () => {
  PretendedWorker.refusal = 'the policy forbids it';

  await expect(openSession('wasm', true, parts)).rejects.toMatchObject({
    code: 'backend-unavailable',
    message: expect.stringMatching(/the policy forbids it.*worker-src blob:/),
  });
});

test('the worker of the site is started in place of our own, as a module or as it likes', async () => {
  startWorker();
  await vi.waitFor(() => expect(PretendedWorker.all).toHaveLength(1));
  const address = new URL('https://example.org/kerasport-worker.js');
  const start = () => new Worker('/started-by-the-site.js');

  for (const own of [address, start]) await openSession('wasm', workerChoice('auto', own), parts);

  const [, first, second] = PretendedWorker.all;
  expect([first.address, first.options]).toEqual([address, { type: 'module' }]);
  expect(second.address).toBe('/started-by-the-site.js');
  // What was started before is still there for who has no worker of their own.
  await openSession('wasm', 'auto', parts);
  expect(PretendedWorker.all).toHaveLength(3);
});

test('a worker of the site that does not start is an error only where it must', async () => {
  PretendedWorker.refusal = 'there is none';
  const { isRemote } = await openSession('wasm', workerChoice('auto', '/lost.js'), parts);

  expect(isRemote).toBe(false);
  await expect(openSession('wasm', workerChoice(true, '/lost.js'), parts)).rejects.toMatchObject({
    code: 'backend-unavailable',
    message: expect.stringContaining('there is none'),
  });
});

test('a worker of the site is not started where none is wanted, and must be one', () => {
  expect(workerChoice(false, '/worker.js')).toBe(false);
  for (const wrong of [5, true, null]) {
    expect(() => workerChoice('auto', wrong as unknown as string)).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringContaining(`The workerUrl is ${wrong}. Expected the address`),
      }),
    );
  }
});

test('a program without text cannot run in a worker that must be', async () => {
  hasText = false;

  await expect(openSession('wasm', true, parts)).rejects.toMatchObject({
    message: expect.stringContaining('this browser does not have them'),
  });
});

test('what is wanted automatically goes to the next backend, with the model read anew', async () => {
  failures = { wasm: new Error('no WebAssembly') };

  const { session } = await openSession('auto', false, parts);

  expect([session.backend, loads]).toEqual(['webgl', ['wasm', 'webgl']]);
  expect(parts).toHaveBeenCalledTimes(2);
});

test('weights that cannot be read are told, and no other backend is tried', async () => {
  const lost = new Error('the network is gone');
  parts.mockImplementationOnce(
    async () => ({ weightData: [Promise.reject(lost)] }) as unknown as ModelParts,
  );

  await expect(openSession('auto', true, parts)).rejects.toBe(lost);

  expect(parts).toHaveBeenCalledTimes(1);
  expect(PretendedWorker.all.map(({ isTerminated }) => isTerminated)).toEqual([true]);
});

test('where no backend starts, each is named with its reason', async () => {
  failures = { wasm: new Error('one'), webgl: new Error('two'), cpu: 'three' };

  await expect(openSession('auto', false, parts)).rejects.toMatchObject({
    code: 'backend-unavailable',
    message: expect.stringContaining('(wasm: one; webgl: two; cpu: three)'),
  });
});

test('a damaged bundle is no reason to try another backend', async () => {
  failures = { wasm: new KerasportError('bundle-damaged', 'broken') };

  await expect(openSession('auto', false, parts)).rejects.toThrow('broken');
  expect(loads).toEqual(['wasm']);
});

test('a session that is given up meanwhile is disposed of', async () => {
  const stop = new AbortController();
  whileLoading = () => stop.abort();

  const opening = openSession('wasm', false, parts, stop.signal);

  await expect(opening).rejects.toHaveProperty('name', 'AbortError');
  expect([loads, disposed]).toEqual([['wasm'], ['wasm']]);
});

test('the worker ends where the model cannot be read', async () => {
  parts.mockRejectedValueOnce(new KerasportError('bundle-missing', 'not there'));

  await expect(openSession('wasm', 'auto', parts)).rejects.toThrow('not there');
  await vi.waitFor(() => expect(PretendedWorker.all[0].isTerminated).toBe(true));
});

test('a worker that was started before is taken by the first session alone', async () => {
  startWorker();
  startWorker();
  await vi.waitFor(() => expect(PretendedWorker.all).toHaveLength(1));

  await openSession('wasm', 'auto', parts);
  expect(PretendedWorker.all).toHaveLength(1);

  await openSession('wasm', 'auto', parts);
  expect(PretendedWorker.all).toHaveLength(2);
});
