/** Which backend is moved to, with sessions that take and answer what the test says. */

import { beforeEach, expect, test, vi } from 'vitest';
import type { SamplePicture } from '../../web/src/client/api.js';
import type { BackendName } from '../../web/src/client/constants.generated.js';
import { compareSamples, tryFaster } from '../../web/src/client/page/trial.js';
import type { Session } from '../../web/src/client/worker/core.js';
import { sha256Of } from './tiny-bundle.js';

const PIXELS = Uint8Array.of(1, 2, 3);
const SAMPLE: SamplePicture = {
  file: 'samples/01.png',
  label: null,
  labels: null,
  probabilities: [0.25, 0.75],
  floatProbabilities: null,
  pixelsSha256: sha256Of(PIXELS),
  blob: new Blob(),
};

// A clock of the test's own: how busy the machine is does not matter.
let now = 0;

beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});

class Pretended implements Session {
  disposed = false;

  constructor(
    readonly backend: BackendName,
    readonly milliseconds: number,
    readonly answer = [0.25, 0.75],
  ) {}

  async classify(): Promise<never> {
    throw new Error('not asked for');
  }

  async preprocess() {
    return { data: PIXELS, height: 1, width: 1, channels: 3 as const };
  }

  async predict() {
    now += this.milliseconds;
    return Float32Array.from(this.answer);
  }

  async classActivation() {
    return undefined;
  }

  async memory() {
    return { tensors: 0, bytes: 0, wasmBytes: 0, heapBytes: null };
  }

  dispose() {
    this.disposed = true;
  }
}

async function moved(
  sessions: Partial<Record<BackendName, Pretended>>,
  samples = [SAMPLE],
  refused: ReadonlyMap<BackendName, string> = new Map(),
) {
  const present = { session: new Pretended('wasm', 40), isRemote: true };
  return tryFaster(present, { samples, rounding: null, refused }, async (backend) => {
    const session = sessions[backend];
    if (!session) throw new Error('it does not start on this device');
    return { session, isRemote: true };
  });
}

test('the fastest backend that answers like Keras is adopted, and the others end', async () => {
  const sessions = { webgl: new Pretended('webgl', 15), webgpu: new Pretended('webgpu', 2) };

  const { winner, trials } = await moved(sessions);

  expect(winner?.session).toBe(sessions.webgpu);
  expect(trials.map(({ adopted }) => adopted)).toEqual([false, true]);
  expect([sessions.webgl.disposed, sessions.webgpu.disposed]).toEqual([true, false]);
});

test('a fast backend with another answer is refused', async () => {
  const webgl = new Pretended('webgl', 1, [0.2505, 0.7495]);

  const { winner, trials } = await moved({ webgl });

  expect(winner).toBeUndefined();
  expect(trials[0]).toMatchObject({ adopted: false, reason: expect.stringContaining('off by') });
  expect(webgl.disposed).toBe(true);
});

test('a backend that is right only at first is refused after the race', async () => {
  const webgl = new Pretended('webgl', 1);
  const predict = webgl.predict.bind(webgl);
  let answers = 0;
  webgl.predict = async () => (++answers > 5 ? Float32Array.of(0.5, 0.5) : predict());

  const { winner, trials } = await moved({ webgl });

  expect(winner).toBeUndefined();
  expect(trials[0].reason).toBe('a probability is off by 0.25, after a while');
  expect(webgl.disposed).toBe(true);
});

test('a backend that was found wrong before is not tried again', async () => {
  const webgl = new Pretended('webgl', 1);

  const { winner, trials } = await moved({ webgl }, [SAMPLE], new Map([['webgl', 'it was off']]));

  expect(winner).toBeUndefined();
  expect(trials[0].reason).toBe('it was off');
});

test('a backend that is hardly faster is not worth moving to', async () => {
  const webgl = new Pretended('webgl', 38);

  const { winner, trials } = await moved({ webgl });

  expect(winner).toBeUndefined();
  expect(trials[0].milliseconds).toBeGreaterThan(30);
  expect(trials[0].reason).toContain('the present backend needs');
  expect(trials[1].reason).toBe('it does not start on this device');
});

test('without samples nothing can be shown to be right', async () => {
  const { winner, trials } = await moved({ webgl: new Pretended('webgl', 1) }, []);

  expect(winner).toBeUndefined();
  expect(trials[0].reason).toContain('no samples');
});

test('a model that rounds more may be off by as much as its bundle says', async () => {
  const session = new Pretended('wasm', 0, [0.2502, 0.7498]);
  const rounding = { pictures: 6, keras: 7e-5, bundle: 5e-5, tolerance: 2.8e-4, limit: null };

  const strict = await compareSamples(session, [SAMPLE], null);
  const measured = await compareSamples(session, [SAMPLE], rounding);
  const beyond = await compareSamples(session, [SAMPLE], { ...rounding, tolerance: 1.9e-4 });

  expect([strict.passed, strict.tolerance]).toEqual([false, 1e-5]);
  expect([measured.passed, measured.tolerance]).toEqual([true, 2.8e-4]);
  expect(beyond.passed).toBe(false);
});

test('on a graphics processor a small tolerance of the model does not count', async () => {
  const session = new Pretended('webgl', 0, [0.25005, 0.74995]);
  const rounding = { pictures: 6, keras: 1e-7, bundle: 1e-7, tolerance: 1e-5, limit: null };

  expect(await compareSamples(session, [SAMPLE], rounding)).toMatchObject({
    passed: true,
    tolerance: 1e-4,
  });
});

test('without samples the test of a device is not passed, and says how many there were', async () => {
  const tested = await compareSamples(new Pretended('wasm', 0), [], null);

  expect(tested).toMatchObject({ pictures: 0, passed: false, worst: null });
});
